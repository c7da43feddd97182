"""Derives surface.json, the public surface of Jitsi's IFrame API, from the type definitions that npm carries.

Run it again when those change::

    cd /tmp/some-folder && npm install --ignore-scripts @types/jitsi-meet @jitsi/react-sdk
    python -m tests.confsvc.simulate.types_surface /tmp/some-folder/node_modules

It keeps names only. Events that the handbook describes and the definitions lack are added by hand below.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HANDBOOK_EVENTS = [
    "browserSupport", "computePressureChanged", "dataChannelClosed", "errorOccurred", "knockingParticipant",
    "p2pStatusChanged", "participantMuted", "peerConnectionFailure", "ready", "recordingLinkAvailable",
    "recordingStatusChanged",
]  # fmt: skip
HANDBOOK_COMMANDS = ["endConference", "overwriteConfig", "sendChatMessage", "setAudioOnly", "setTileView"]


def block(text: str, opening: str) -> str:
    """The body of the first braces after ``opening``."""
    start = text.index("{", text.index(opening)) + 1
    depth = 1
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[start:index]
    raise ValueError(opening)


def members(body: str) -> list[str]:
    """Names of the members at the first level of an interface."""
    flat = re.sub(r"/\*.*?\*/|//[^\n]*", "", body, flags=re.DOTALL)
    while (less := re.sub(r"\{[^{}]*\}|\([^()]*\)|<[^<>]*>", "\0", flat)) != flat:
        flat = less
    return sorted(set(re.findall(r"(?:^|[;,])\s*(\w+)\??\s*[:\0]", flat)))


def surface(modules: Path) -> dict[str, list[str]]:
    types = (modules / "@types/jitsi-meet/index.d.ts").read_text()
    react = modules / "@jitsi/react-sdk/lib/types"
    api = (react / "IJitsiMeetExternalApi.d.ts").read_text()
    constructor = (react / "JitsiMeetExternalApi.d.ts").read_text()
    start, end = types.index("type ExternalAPICommands"), types.index("type RecordingMode")
    commands = re.findall(r'"(\w+)"', types[start:end])
    methods = members(block(types, "interface JitsiMeetExternalAPI\n"))
    methods += members(block(types, "interface TypedEventEmitter")) + members(block(api, "IJitsiMeetExternalApi"))
    options = members(block(types, "interface ExternalAPIOptions")) + members(block(constructor, "options:"))
    events = members(block(types, "interface ExternalAPIEventCallbacks"))
    return {
        "methods": sorted(set(methods)),
        "options": sorted(set(options)),
        "commands": sorted({*commands, *HANDBOOK_COMMANDS}),
        "events": sorted({*events, *HANDBOOK_EVENTS}),
    }


if __name__ == "__main__":
    text = json.dumps(surface(Path(sys.argv[1])), indent=1)
    Path(__file__).with_name("surface.json").write_text(f"{text}\n", encoding="utf-8")
