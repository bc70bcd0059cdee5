import pytest

from detectors.evaluation.machine import processor

INTEL = (
    "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) 6\nflags\t\t: fpu avx2 avx512f avx512_vnni\n"
)
PLAIN = "model name\t: AMD EPYC\nflags\t\t: fpu sse2 avx avx2\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd\n"


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (INTEL, "Intel(R) Xeon(R) 6 (avx512_vnni, avx512f)"),
        (PLAIN, "AMD EPYC (avx2)"),
        (PLAIN + PLAIN, "AMD EPYC (avx2)"),
    ],
    ids=["with-vnni", "without", "two-cores"],
)
def test_the_processor_is_named_with_what_decides_about_rounding(tmp_path, cpuinfo, expected):
    path = tmp_path / "cpuinfo"
    path.write_text(cpuinfo)
    assert processor(path) == expected


@pytest.mark.parametrize("cpuinfo", [ARM, "", "\0\n:::\n"], ids=["arm", "empty", "odd"])
def test_where_the_processor_has_no_name_there_is_still_one(tmp_path, cpuinfo):
    path = tmp_path / "cpuinfo"
    path.write_text(cpuinfo)
    assert processor(path)
