"""SessionEnd: marks the session as ended."""

import json
import sys
import time
from pathlib import Path

payload = json.load(sys.stdin)
session_id = payload["session_id"]
signals = Path.home() / ".claude" / "session-signals"
signals.mkdir(parents=True, exist_ok=True)
payload["ended_at"] = str(time.time())
(signals / f"{session_id}.ended.json").write_text(json.dumps(payload))
for kind in ("working", "permission", "stop"):
    (signals / f"{session_id}.{kind}.json").unlink(missing_ok=True)
