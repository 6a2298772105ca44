"""SVG of pipelines: well formed whatever stages are called, and told in words for those who cannot see it."""

from __future__ import annotations

from xml.etree import ElementTree

from support.pictures import pipeline

from transpiler.drawing.svg import STYLE, svg
from transpiler.graph import Graph, from_arcs

VISIBLE = ("<script>alert(1)</script>", "</text>", "a & b", "'\"", "]]>", "日本", "<!--", "&#x41;")
NASTY = (*VISIBLE, "\x00\x1b[0m", "\ud800", "\ufffe")
_SVG = "{http://www.w3.org/2000/svg}"


def parsed(*graphs: Graph) -> ElementTree.Element:
    return ElementTree.fromstring(svg([pipeline(graph) for graph in graphs]))


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(f"{_SVG}text")]


def test_names_stay_text() -> None:
    root = parsed(from_arcs(NASTY, [NASTY]))
    tags = {element.tag.removeprefix(_SVG) for element in root.iter()}
    assert tags == {"svg", "title", "desc", "style", "rect", "g", "text", "tspan", "path"}
    assert {*VISIBLE, "\\u0000\\u001b[0m", "\\ud800", "\\ufffe"} <= set(texts(root))


def test_nothing_is_loaded_and_nothing_runs() -> None:
    drawing = svg([pipeline(from_arcs(NASTY, [NASTY]))])
    root = ElementTree.fromstring(drawing)
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name or name == "style"]
    assert "url(" not in drawing
    assert "@import" not in drawing


def test_what_it_shows_is_told_in_words() -> None:
    root = parsed(from_arcs(("build", "unit", "lint"), [("build", "unit"), ("build", "lint")]))
    title, text = root.findtext(f"{_SVG}title"), root.findtext(f"{_SVG}desc")
    assert title == "The stages of the pipeline test"
    assert text == "test (change): build -> (unit | lint)"
    ids = {element.get("id") for element in root.iter()}
    assert set((root.get("aria-labelledby") or "").split()) <= ids
    assert root.get("role") == "img"


def test_a_name_that_is_cut_is_whole_in_its_title() -> None:
    name = "x" * 150
    group = next(g for g in parsed(from_arcs([name], [[name]])).iter(f"{_SVG}g") if g.get("class") == "stage")
    assert group.findtext(f"{_SVG}title") == name


def test_several_pipelines_lie_one_below_the_other() -> None:
    root = parsed(from_arcs("ab", ["ab"]), from_arcs("c", ["c"]), Graph((), ()))
    assert texts(root) == ["testchange", "a", "b", "testchange", "c", "testchange", "no stages"]
    tops = [g.get("transform") for g in root.iter(f"{_SVG}g") if g.get("class") == "graph"]
    assert tops[0] == "translate(0 0)"
    assert len(set(tops)) == 3


def test_no_pipelines_are_a_picture_too() -> None:
    assert parsed().findtext(f"{_SVG}title") == "The stages of 0 pipelines"


def test_a_page_with_several_pictures_has_one_style_and_different_ids() -> None:
    one = svg([pipeline(Graph(("a",), ()))], prefix="one", style="", ground=False)
    assert STYLE not in one
    assert 'id="one-title"' in one
    assert 'class="ground"' not in one


def test_a_graph_with_too_many_lines_is_named() -> None:
    names = [f"s{i}" for i in range(2_000)]
    arcs = [
        names[:1_000],
        *((name, names[-1]) for name in names[1_000:-1]),
        *((names[i], names[i + 900]) for i in range(1_000)),
    ]
    assert texts(parsed(from_arcs(names, arcs)))[-1] == "2000 stages, too many lines to draw"


def test_the_same_pipelines_give_the_same_bytes() -> None:
    graph = from_arcs("abcd", ["abd", "acd"])
    assert svg([pipeline(graph)]) == svg([pipeline(graph)])
