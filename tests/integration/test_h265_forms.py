"""The same as test_h264_forms.py for H.265, by its fourCC and by its old codec id."""

import pytest
from support import video_forms as forms
from support.bare_router import ONLY_EMBEDDED
from support.container_tags import tags_of

pytestmark = ONLY_EMBEDDED  # see the rows of docs/compatibility.md

FORMS = {
    "two PPS in the header": forms.two_picture_sets("header"),
    "two PPS in-band": forms.two_picture_sets("in-band"),
    "a second PPS in the middle of a group": forms.two_picture_sets("late"),
    "other sets of each kind in the header": forms.sets_by_turns("header"),
    "other sets of each kind in-band": forms.sets_by_turns("in-band"),
    "negative composition times": forms.negative_composition(67),
    "parameter sets in-band only": forms.parameter_sets_in_band,
    "lengths of 3 bytes": forms.lengths_of(3),
    "lengths of 2 bytes": forms.lengths_of(2),
    "annex B": forms.annex_b,
    "annex B without a header": forms.annex_b_without_header,
    "as usual": lambda tags: tags,
}


@pytest.fixture
def clip(clips):
    return clips.get("h265-b-frames")


@pytest.mark.parametrize("form", FORMS)
def test_every_picture_arrives_in_its_place(assert_seen_everywhere, clip, form):
    assert_seen_everywhere(forms.enhanced(FORMS[form](tags_of(clip))), clip, enhanced=True)


def test_by_its_old_codec_id(assert_seen_everywhere, clip):
    """Encoders used this before the standard supported H.265."""
    assert_seen_everywhere(tags_of(clip), clip, enhanced=True)
