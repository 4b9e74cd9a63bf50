"""Encoders that write the same pictures in other forms: each is watched at `in` and at `out` over RTMP and RTSP,
decoded, and compared with what the encoder encoded, picture by picture and time by time."""

import pytest
from support import video_forms as forms
from support.bare_router import ONLY_EMBEDDED
from support.making import making, started
from support.pictures import Viewer, assert_same_pictures, decoded
from support.rtmp_client import flv_tags
from support.rtmp_script import Publisher
from support.stack import Stack
from support.wait import wait_until

pytestmark = ONLY_EMBEDDED  # docs/compatibility.md has the rows

WATCHED, LEAST = 150, 90  # pictures, of 30 a second; the first group may have been joined in its middle
# The form, and the clip that it is made of.
FORMS = {
    "two PPS in the header": (forms.two_picture_sets("header"), "cavlc"),
    "two PPS in-band": (forms.two_picture_sets("in-band"), "cavlc"),
    "a second PPS in the middle of a group": (forms.two_picture_sets("late"), "cavlc"),
    "negative composition times": (forms.negative_composition(67), "b-frames"),
    "negative composition times, enhanced":
        (lambda tags: forms.enhanced(forms.negative_composition(67)(tags)), "b-frames"),
    "parameter sets in-band only": (forms.parameter_sets_in_band, "av"),
    "lengths of 3 bytes": (forms.lengths_of(3), "av"),
    "lengths of 2 bytes": (forms.lengths_of(2), "av"),
    "annex B": (forms.annex_b, "av"),
    "annex B without a header": (forms.annex_b_without_header, "av"),
    "as usual": (lambda tags: tags, "b-frames"),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with started(Stack(tmp_path_factory.mktemp("stack"), worker_mode="process")) as running:
        yield running


@pytest.fixture
def view(tmp_path):
    yield from making(lambda url, name: Viewer(url, tmp_path, name), Viewer.close)


@pytest.mark.parametrize("form", FORMS)
def test_every_picture_arrives_in_its_place(stack, clips, view, tmp_path, stream, form):
    convert, clip = FORMS[form]
    clip = clips.get(clip)
    file = forms.write_flv(tmp_path / "form.flv", convert(flv_tags(clip)))
    publisher = Publisher(stack.settings.host, stack.settings.rtmp_port, file, f"live/{stream}/in")
    try:
        for side in ("in", "out"):
            wait_until(lambda: stack.is_live(stream, side),
                       lambda: f"{side}; the router's log ends:\n{stack.router.log()[-2000:]}", 40)
        viewers = {f"{side} over {protocol}": view(getattr(stack, protocol)(stream, side), f"{side}-{protocol}")
                   for side in ("in", "out") for protocol in ("rtmp", "rtsp")}
        wait_until(lambda: all(len(v.pictures()) >= WATCHED for v in viewers.values()),
                   lambda: str({name: len(v.pictures()) for name, v in viewers.items()}), 60)
    finally:
        publisher.close()
    source = decoded(clip)
    for name, viewer in viewers.items():
        try:
            assert_same_pictures(viewer.finish(), source, publisher.length, LEAST)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}\n{viewer.process.log()[-1500:]}") from None
