"""Encoders that write the same pictures of H.264 in other forms: each form is watched at `in` and at `out` over RTMP and RTSP,
decoded, and compared with what the encoder encoded, picture by picture and time by time."""

import pytest
from support import video_forms as forms
from support.bare_router import ONLY_EMBEDDED
from support.container_tags import tags_of

pytestmark = ONLY_EMBEDDED  # see the rows of docs/compatibility.md

# The form, and the clip from which it is made.
FORMS = {
    "two PPS in the header": (forms.two_picture_sets("header"), "cavlc"),
    "two PPS in-band": (forms.two_picture_sets("in-band"), "cavlc"),
    "a second PPS in the middle of a group": (forms.two_picture_sets("late"), "cavlc"),
    "negative composition times": (forms.negative_composition(67), "b-frames"),
    "negative composition times, enhanced": (lambda tags: forms.enhanced(forms.negative_composition(67)(tags)), "b-frames"),
    "parameter sets in-band only": (forms.parameter_sets_in_band, "av"),
    "lengths of 3 bytes": (forms.lengths_of(3), "av"),
    "lengths of 2 bytes": (forms.lengths_of(2), "av"),
    "annex B": (forms.annex_b, "av"),
    "annex B without a header": (forms.annex_b_without_header, "av"),
    "as usual": (lambda tags: tags, "b-frames"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_picture_arrives_in_its_place(assert_seen_everywhere, clips, form):
    convert, clip = FORMS[form]
    clip = clips.get(clip)
    assert_seen_everywhere(convert(tags_of(clip)), clip)
