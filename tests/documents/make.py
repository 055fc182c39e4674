"""Makes the .docx and the .html of the second UA 46/19 from its text, laid out as such files are.

Run it from here: python make.py; README.md says how the .pdf is made of the .docx.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_BREAK, WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

HERE = Path(__file__).parent
NAME = "ua-46-19-second-ua"
REPORT = "https://example.org/tell-us-what-you-did"
LINK = re.compile(r"Click here|https?://[^\s()]+|[\w.]+@[\w.]+\w")
LONG_AGO = datetime(2019, 8, 16, 9, tzinfo=UTC)


def lines() -> list[str]:
    """The text, clean, with an empty text for each empty line."""
    text = (HERE / f"{NAME}.txt").read_text(encoding="utf-8")
    text = re.sub(r"\[bookmark: \w+\]", "", text).replace("\xa0", " ")
    return [line.strip() for line in text.splitlines()]


def parts() -> tuple[list[str], str, list[list[str]], list[str]]:
    """What stands on the first page, the head line, the targets, and all that follows."""
    found = lines()
    head = next(i for i, line in enumerate(found) if line.startswith("Second UA:"))
    end = next(i for i, line in enumerate(found) if line.startswith("Dear Prosecutor"))
    targets: list[list[str]] = [[]]
    for line in found[head + 1 : end]:
        if line:
            targets[-1].append(line)
        else:
            targets.append([])
    first = found[:head]
    while not first[-1]:
        first.pop()
    return first, found[head], targets, found[end:]


def leads_to(words: str) -> str:
    if words == "Click here":
        return REPORT
    return words if words.startswith("http") else f"mailto:{words}"


def is_heading(text: str) -> bool:
    return text.isupper() or text.endswith("ACTION:") or text == "Additional information"


# .docx


def write(paragraph: Any, text: str, *, bold: bool = False) -> None:
    at = 0
    for found in LINK.finditer(text):
        run(paragraph, text[at : found.start()], bold=bold)
        link(paragraph, found[0])
        at = found.end()
    run(paragraph, text[at:], bold=bold)


def run(paragraph: Any, text: str, *, bold: bool) -> None:
    label = re.match(r"[A-Z][A-Z ]+:", text)
    if label and not bold:
        paragraph.add_run(label[0]).bold = True
        text = text[label.end() :]
    if text:
        paragraph.add_run(text).bold = bold or None


def link(paragraph: Any, words: str) -> None:
    """As Word does: addresses through a relation, other links through a field."""
    if words.startswith("http"):
        field(paragraph, f' HYPERLINK "{words}" ', words)
        return
    relation = paragraph.part.relate_to(
        leads_to(words), RELATIONSHIP_TYPE.HYPERLINK, is_external=True
    )
    element = OxmlElement("w:hyperlink")
    element.set(qn("r:id"), relation)
    made = paragraph.add_run(words)
    made.style = "Hyperlink"
    element.append(made._element)
    paragraph._p.append(element)


def field(paragraph: Any, code: str, words: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("words", words), ("end", "")):
        made = paragraph.add_run(text if kind == "words" else "")
        if kind == "words" and "HYPERLINK" in code:
            made.style = "Hyperlink"
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            made._element.append(mark)
        elif not kind:
            instruction = OxmlElement("w:instrText")
            instruction.text = text
            made._element.append(instruction)


def word() -> bytes:
    first, head, targets, rest = parts()
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Liberation Sans", Pt(9.5)
    style.paragraph_format.space_after = Pt(0)
    document.styles["List Number"].paragraph_format.space_after = Pt(0)
    document.styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER).font.underline = True
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    # The head line stands on every page but the first.
    section.different_first_page_header_footer = True
    stops = document.styles["Header"].paragraph_format.tab_stops
    stops.clear_all()
    stops.add_tab_stop(Cm(9))
    stops.add_tab_stop(Cm(17), WD_TAB_ALIGNMENT.RIGHT)
    write(section.header.paragraphs[0], head)
    for footer in (section.footer, section.first_page_footer):
        field(footer.paragraphs[0], " PAGE ", "1")
    for text in first:
        listed = re.match(r"\d\. ", text)
        paragraph = document.add_paragraph(style="List Number" if listed else None)
        write(paragraph, text[listed.end() if listed else 0 :], bold=is_heading(text))
        if text == "URGENT ACTION":
            paragraph.runs[0].font.size = Pt(36)
        elif is_heading(text):
            paragraph.runs[0].font.size = Pt(14)
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    table = document.add_table(rows=1, cols=len(targets))
    for cell, target in zip(table.rows[0].cells, targets, strict=True):
        for index, text in enumerate(target):
            write(cell.paragraphs[0] if not index else cell.add_paragraph(), text)
    for text in rest:
        write(document.add_paragraph(), text, bold=is_heading(text))
    properties = document.core_properties
    properties.author = properties.comments = ""
    properties.created = properties.modified = LONG_AGO
    made = io.BytesIO()
    document.save(made)
    return timeless(made.getvalue())


def timeless(raw: bytes) -> bytes:
    """The same archive, whenever it was made."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            to = zipfile.ZipInfo(info.filename)
            to.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(to, old.read(info))
    return made.getvalue()


# .html


def linked(text: str) -> str:
    found, at = "", 0
    for match in LINK.finditer(text):
        found += html.escape(text[at : match.start()], quote=False)
        found += f'<a href="{html.escape(leads_to(match[0]))}">{html.escape(match[0])}</a>'
        at = match.end()
    return found + html.escape(text[at:], quote=False)


def paragraphs(texts: list[str]) -> str:
    found = ""
    for text in texts:
        if listed := re.match(r"\d\. ", text):
            found += f"<ol><li>{linked(text[listed.end() :])}</li></ol>\n"
        elif is_heading(text):
            found += f"<h2>{linked(text)}</h2>\n"
        else:
            found += f"<p>{linked(text) or '&nbsp;'}</p>\n"
    return found


def web() -> bytes:
    first, head, targets, rest = parts()
    cells = "".join(f"<td>{'<br>'.join(map(linked, target))}</td>\n" for target in targets)
    page = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Urgent Action</title>
<style>td {{ vertical-align: top }}</style></head>
<body>
<nav><a href="/">Home</a> <a href="/act">Act now</a></nav>
<main>
{paragraphs(first)}<p>{linked(head).replace("	", "&emsp;")}</p>
<table><tr>
{cells}</tr></table>
{paragraphs(rest)}</main>
<footer><p>Contact us: office@example.org</p></footer>
<script>document.title = "UA"</script>
</body>
</html>
"""
    return page.encode()


if __name__ == "__main__":
    (HERE / f"{NAME}.docx").write_bytes(word())
    (HERE / f"{NAME}.html").write_bytes(web())
