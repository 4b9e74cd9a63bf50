// A picture that can be decoded alone (a key frame), made ready to be sent again and again as it
// was coded. A decoder sees a valid stream:
//   H.264  Pictures that follow one another as IDR must differ in idr_pic_id (§7.4.3). Two forms
//          with other ids take turns.
//   H.265  A CRA picture becomes a BLA picture without leading pictures (§7.4.2.2), as splicers do;
//          otherwise it would refer to what came before.
//   AV1, VP9  A key frame resets all that a decoder keeps.
// SEI messages are left out: captions and clocks would be told again. Parameter sets are sent by
// whoever sends the unit, as before every key frame. Pure; one thread at a time.
#pragma once

#include <array>

#include "base/shared_bytes.hpp"
#include "media/track.hpp"

namespace tidegate::filler {

class Still {
public:
    // keyframe: the payload of a media::Unit that is one. Where nothing can be changed, it is
    // repeated as it is.
    Still(media::Track const& track, base::SharedBytes keyframe);

    base::SharedBytes const& next() { return forms_[turn_++ % forms_.size()]; }

private:
    std::array<base::SharedBytes, 2> forms_;
    std::size_t turn_ = 0;
};

}  // namespace tidegate::filler
