"""Encoders that write the same pictures in other forms: each is watched at `in` and at `out` over RTMP and RTSP,
decoded, and compared with what the encoder encoded, picture by picture and time by time."""

import pytest
from support import video_forms as forms
from support.bare_router import ONLY_EMBEDDED
from support.container_tags import tags_of
from support.making import making, started
from support.pictures import EnhancedViewer, Viewer, assert_same_pictures, decoded
from support.rtmp_client import write_flv
from support.stack import Stack
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED  # see the rows of docs/compatibility.md

WATCHED, LEAST = 150, 90  # pictures, 30 a second; a reader may have joined in the middle of a group


def in_the_standard_s_form(convert):
    return lambda tags: forms.enhanced(convert(tags))


# The form, and the clip from which it is made.
FORMS = {
    "two PPS in the header": (forms.two_picture_sets("header"), "cavlc"),
    "two PPS in-band": (forms.two_picture_sets("in-band"), "cavlc"),
    "a second PPS in the middle of a group": (forms.two_picture_sets("late"), "cavlc"),
    "negative composition times": (forms.negative_composition(67), "b-frames"),
    "negative composition times, enhanced": (in_the_standard_s_form(forms.negative_composition(67)), "b-frames"),
    "parameter sets in-band only": (forms.parameter_sets_in_band, "av"),
    "lengths of 3 bytes": (forms.lengths_of(3), "av"),
    "lengths of 2 bytes": (forms.lengths_of(2), "av"),
    "annex B": (forms.annex_b, "av"),
    "annex B without a header": (forms.annex_b_without_header, "av"),
    "as usual": (lambda tags: tags, "b-frames"),
}
H265_FORMS = {
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


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with started(Stack(tmp_path_factory.mktemp("stack"), worker_mode="process")) as running:
        yield running


@pytest.fixture
def watch(stack, publish_tags, tmp_path, stream):
    """watch(tags, enhanced): publishes them, and returns the pictures that are seen, {where: pictures}, and how many
    milliseconds a repetition takes."""
    def view(side, protocol, enhanced):
        viewer = EnhancedViewer if enhanced and protocol == "rtmp" else Viewer
        return viewer(getattr(stack, protocol)(stream, side), tmp_path, f"{side}-{protocol}")

    def run(view, tags, enhanced):
        publisher = publish_tags(stack, write_flv(tmp_path / "form.flv", tags), stream)
        for side in ("in", "out"):
            wait_until(lambda: stack.is_live(stream, side),
                       lambda: f"{side}; the router's log ends:\n{stack.router.log()[-2000:]}", 40)
        viewers = {f"{side} over {protocol}": view(side, protocol, enhanced)
                   for side in ("in", "out") for protocol in ("rtmp", "rtsp")}
        wait_until(lambda: all(len(v.pictures()) >= WATCHED for v in viewers.values()),
                   lambda: str({name: len(v.pictures()) for name, v in viewers.items()}), 60)
        publisher.close()
        return {name: viewer.finish() for name, viewer in viewers.items()}, publisher.length

    for make in making(view, lambda viewer: viewer.close()):
        yield lambda *arguments: run(make, *arguments)


def assert_seen_everywhere(seen, cycle_ms, clip):
    source = decoded(clip)
    for name, pictures in seen.items():
        try:
            assert_same_pictures(pictures, source, cycle_ms, LEAST)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None


@pytest.mark.parametrize("form", FORMS)
def test_every_picture_arrives_in_its_place(watch, clips, form):
    convert, clip = FORMS[form]
    clip = clips.get(clip)
    assert_seen_everywhere(*watch(convert(tags_of(clip)), False), clip)


@pytest.mark.parametrize("form", H265_FORMS)
def test_every_picture_of_h265_arrives_in_its_place(watch, clips, form):
    clip = clips.get("h265-b-frames")
    tags = in_the_standard_s_form(H265_FORMS[form])(tags_of(clip))
    assert_seen_everywhere(*watch(tags, True), clip)


def test_h265_by_its_old_codec_id(watch, clips):
    """Encoders used this before the standard supported H.265."""
    clip = clips.get("h265-b-frames")
    assert_seen_everywhere(*watch(tags_of(clip), True), clip)
