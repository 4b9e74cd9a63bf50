#include "media/language.hpp"

#include <algorithm>

#include "base/lower_case.hpp"
#include "base/utf8.hpp"

namespace tidegate::media {

namespace {

// The codes of ISO 639-1 and ISO 639-2/T of each language that has both.
constexpr std::string_view kCodes =
    "aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak "
    "bebel bgbul bhbih bibis bmbam bnben bobod brbre bsbos cacat ceche chcha cocos "
    "crcre csces cuchu cvchv cycym dadan dedeu dvdiv dzdzo eeewe elell eneng eoepo "
    "esspa etest eueus fafas ffful fifin fjfij fofao frfra fyfry gagle gdgla glglg "
    "gngrn guguj gvglv hahau heheb hihin hohmo hrhrv hthat huhun hyhye hzher iaina "
    "idind ieile igibo iiiii ikipk ioido isisl itita iuiku jajpn jvjav kakat kgkon "
    "kikik kjkua kkkaz klkal kmkhm knkan kokor krkau kskas kukur kvkom kwcor kykir "
    "lalat lbltz lglug lilim lnlin lolao ltlit lulub lvlav mgmlg mhmah mimri mkmkd "
    "mlmal mnmon mrmar msmsa mtmlt mymya nanau nbnob ndnde nenep ngndo nlnld nnnno "
    "nonor nrnbl nvnav nynya ococi ojoji omorm orori ososs papan pipli plpol pspus "
    "ptpor quque rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme sgsag sisin "
    "skslk slslv smsmo snsna sosom sqsqi srsrp ssssw stsot susun svswe swswa tatam "
    "tetel tgtgk ththa titir tktuk tltgl tntsn toton trtur tstso tttat twtwi tytah "
    "uguig ukukr ururd uzuzb veven vivie vovol wawln wowol xhxho yiyid yoyor zazha "
    "zhzho zuzul";
// Those of ISO 639-2/B where they differ: older programs write them.
constexpr std::string_view kOlderCodes =
    "botib cscze cywel deger elgre eubaq faper frfre hyarm isice kageo mimao mkmac "
    "msmay mybur nldut rorum skslo sqalb zhchi";
constexpr std::size_t kTwo = 2, kThree = 3, kEntry = kTwo + kThree + 1;
static_assert(kCodes.size() % kEntry == kEntry - 1 && kOlderCodes.size() % kEntry == kEntry - 1);

// Codes that name no language.
constexpr std::array<std::string_view, 4> kNone{"und", "mis", "mul", "zxx"};

// The other code of the same language; empty: there is none.
std::string_view partner(std::string_view table, std::string_view code) {
    for (; !table.empty(); table.remove_prefix(std::min(table.size(), kEntry))) {
        auto const two = table.substr(0, kTwo), three = table.substr(kTwo, kThree);
        if (code == two) return three;
        if (code == three) return two;
    }
    return {};
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_subtag(std::string_view text) {
    constexpr std::size_t kLongestSubtag = 8;
    return !text.empty() && text.size() <= kLongestSubtag &&
           std::ranges::all_of(text, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool are_subtags(std::string_view text) {
    while (true) {
        auto const end = text.find('-');
        if (!is_subtag(text.substr(0, end))) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

std::string language_tag(std::string_view text) {
    if (text.size() > kMaxLanguageTag || !are_subtags(text)) return {};
    auto const primary = base::lower_case(text.substr(0, text.find('-')));
    if (primary.size() < kTwo || !std::ranges::all_of(primary, is_letter)) return {};
    if (std::ranges::find(kNone, primary) != kNone.end()) return {};
    std::string tag(primary);
    if (primary.size() == kThree) {
        auto two = partner(kCodes, primary);
        if (two.empty()) two = partner(kOlderCodes, primary);
        if (!two.empty()) tag = two;
    }
    return tag.append(text.substr(primary.size()));
}

std::array<char, 3> iso_639_2(std::string_view tag) {
    auto code = tag.substr(0, tag.find('-'));
    if (code.size() == kTwo) code = partner(kCodes, code);
    std::array<char, 3> three{'u', 'n', 'd'};
    if (code.size() == kThree) std::ranges::copy(code, three.begin());
    return three;
}

std::string track_name(std::string_view text) {
    std::string name;
    while (!text.empty()) {
        auto const length = base::utf8_length(text);
        if (name.size() + length > kMaxTrackName) break;
        auto const byte = static_cast<unsigned char>(text.front());
        if (length > 0 && byte >= 0x20 && byte != 0x7f) name += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return name;
}

}  // namespace tidegate::media
