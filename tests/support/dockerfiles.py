"""Pieces of Dockerfiles that are easily read wrongly, to be put together in any order."""

DIRECTIVES = (
    "",
    "# escape=`\n",
    "#Escape = \\\n",
    "# syntax=docker/dockerfile:1\n# escape=`\n",
    "# note\n# escape=`\n",
    "\n# escape=`\n",
    "\ufeff# escape=`\n",
    "ARG BASE=scratch\n",
)
NAMES = ("one", "two", "three", "four", "five", "0", "1")
"""Every name that a stage of these may have, and numbers, which docker takes for names that are not there."""

STAGES = (
    "FROM scratch AS one\n",
    "from  scratch\tas  Two  \n",
    "  FROM scratch AS THREE\r\n",
    "FROM scratch\n",
    "FROM scratch \\\n  AS four\n",
    "FROM scratch \\  \nAS one\n",
    "FROM scratch `\n  AS five\n",
    "FROM \\\n\n# a comment, and a blank line\n   # another\nscratch AS two\n",
    "FROM scratch AS th\\\nree\n",
    "FROM --platform=linux/amd64 scratch AS four\n",
    'FROM --platform="linux/amd64" scratch AS five\n',
    "FROM ${BASE:-scratch} AS one\n",
    "# FROM scratch AS five\n",
    "FROM scratch AS two",
)
STEPS = (
    "LABEL a=1\n",
    "LABEL a=1 \\\nFROM=b\n",
    "LABEL a=1 \\\n# FROM scratch AS three\n  b=2\n",
    "LABEL a=c:\\\\\n",
    "LABEL a=1 `\n  b=2\n",
    'LABEL a="FROM scratch AS four"\n',
    "\n",
    "# note\n",
    "   \n",
)
HEREDOCS = (
    "COPY <<EOF /a\nFROM scratch AS one\nEOF\n",
    "COPY <<-EOF /a\n\tFROM scratch AS two\n\tEOF\n",
    "COPY <<EOF /a\nFROM scratch AS three\n\tEOF\nEOF \nEOF\n",
    "COPY <<'E F' /a\nFROM scratch AS four\nE F\n",
    'COPY <<A <<-"B" /a/\nFROM scratch AS five\nA\nFROM scratch AS one\n\tB\n',
    "COPY <<EOF \\\n  /a\nFROM scratch AS two\r\nEOF\r\n",
    'COPY <<E"O"F /a\nFROM scratch AS three \\\nEOF\n',
)
COMMANDS = (
    "RUN <<EOF\nFROM a AS one\nEOF\n",
    "RUN cat <<EOF 3<<\\X\nFROM a AS one\nEOF\nFROM a AS two\nX\n",
    "RUN cat<<EOF\n",
    "RUN 'it is <<EOF\n",
    'RUN "<<EOF"\n',
    "RUN << EOF\n",
    "RUN <<<EOF\n",
    'RUN echo "it\'s" ${a:-b c} <<Q\nFROM a AS one\nQ\n',
    "RUN echo $((1 <<EOF))\nFROM a AS one\nEOF))\n",
    "RUN # <<EOF\nFROM a AS one\nEOF\n",
    'RUN ["<<EOF", "b"]\n',
    "ONBUILD RUN <<EOF\nFROM a AS one\nEOF\n",
    "ENV a=<<EOF\n",
    "RUN a \\\n",
    "\\\n",
    "FROM a AS 1x\n",
    "FROM a AS b c\n",
)
"""What cannot be built without a shell in the image, or at all; there to be read."""
