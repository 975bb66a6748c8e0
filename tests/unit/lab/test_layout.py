"""Names, ports and ranges derive from the checkout and step aside for what is there."""

from pathlib import Path

import pytest

from shiplane.lab.layout import PORT_PURPOSES, Layout, choose_ports, choose_range, first_port


def test_names_derive_from_the_real_path(tmp_path: Path) -> None:
    checkout = tmp_path / "My Project"
    checkout.mkdir()
    link = tmp_path / "link"
    link.symlink_to(checkout)
    layout = Layout.of(checkout)
    assert layout == Layout.of(link)
    assert layout.name.startswith("shiplane-my-project-")
    assert layout.part("registry") == f"{layout.name}-registry"
    assert layout.folder == checkout.resolve() / ".shiplane" / "lab"


def test_two_checkouts_of_one_name_differ(tmp_path: Path) -> None:
    first, second = (Layout.of(tmp_path / folder / "app").name for folder in "ab")
    assert first != second


def test_names_fit_into_a_host_name(tmp_path: Path) -> None:
    assert len(Layout.of(tmp_path / ("long " * 30)).part("production")) <= 63


def test_first_port_is_in_the_range_and_steady(tmp_path: Path) -> None:
    for number in range(50):
        port = first_port(tmp_path / str(number))
        assert 20000 <= port <= 29999
        assert port == first_port(tmp_path / str(number))


def test_ports_are_the_first_free_ones() -> None:
    ports = choose_ports(20010, lambda port: port not in {20010, 20012})
    assert ports == dict(zip(PORT_PURPOSES, (20011, *range(20013, 20019)), strict=True))


def test_the_search_goes_round() -> None:
    assert list(choose_ports(29998, lambda _: True).values()) == [29998, 29999, *range(20000, 20005)]


def test_too_few_free_ports_is_said() -> None:
    with pytest.raises(ValueError, match="too few free ports"):
        choose_ports(20000, lambda port: port < 20004)


@pytest.mark.parametrize(
    ("taken", "chosen"),
    [
        ([], "10.200.0.0/16"),
        (["172.17.0.0/16", "0.0.0.0/0", "fd00::/64"], "10.200.0.0/16"),
        (["10.200.3.0/24"], "10.201.0.0/16"),
        (["10.200.7.9", "10.201.0.0/16"], "10.202.0.0/16"),
        (["10.200.0.1/14"], "10.204.0.0/16"),
        (["10.0.0.0/8"], "10.200.0.0/16"),
    ],
)
def test_the_servers_range_avoids_what_is_in_use(taken: list[str], chosen: str) -> None:
    assert choose_range(taken) == chosen
