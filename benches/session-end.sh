#!/usr/bin/env bash
# SessionEnd: marks the session as ended.
set -euo pipefail

input=$(cat)
session_id=$(jq -r '.session_id // empty' <<<"$input")
if [[ -z "$session_id" ]]; then
	exit 0
fi

signals="$HOME/.claude/session-signals"
mkdir -p "$signals"
jq -c '. + {ended_at: (now | tostring)}' <<<"$input" >"$signals/$session_id.ended.json"
rm -f "$signals/$session_id.working.json" "$signals/$session_id.permission.json" "$signals/$session_id.stop.json"
