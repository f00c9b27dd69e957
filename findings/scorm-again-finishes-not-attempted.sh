#!/bin/bash
# One would guess: a SCORM 1.2 lesson that sets a score and a session time and then finishes is reported as attempted; all
# the more with autoCompleteLessonStatus, whose name promises that the player completes the status.
# What happens: unless the lesson itself sets cmi.core.lesson_status, "not attempted" is sent at the end, with the setting
# as without it.
# Seen with: scorm-again 3.4.3. The SCORM 1.2 run-time environment, at cmi.core.lesson_status, has the LMS set "completed"
# when a lesson ends that never set its status.
# Why it matters here: text courses are exported for other systems as SCORM 1.2. What we export has to set its status by
# itself, or learners elsewhere would stand as never having begun.
set -euo pipefail
cd "$(mktemp -d)"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund scorm-again@3.4.3 >/dev/null
npm ls scorm-again | grep scorm-again
got=$(node -e '
const fs = require("fs"), vm = require("vm");
globalThis.window = globalThis;
vm.runInThisContext(fs.readFileSync("node_modules/scorm-again/dist/scorm12.js", "utf8"));
for (const auto of [false, true]) {
  const api = new Scorm12API({ autoCompleteLessonStatus: auto, autocommit: false, lmsCommitUrl: false, logLevel: 5 });
  api.LMSInitialize("");
  api.LMSSetValue("cmi.core.score.raw", "80");
  api.LMSSetValue("cmi.core.session_time", "00:10:00");
  const sent = api.renderCommitCMI(true);
  console.log("autoCompleteLessonStatus", auto + ":", sent.cmi.core.lesson_status);
  api.LMSFinish("");
}' 2>/dev/null)
echo "$got"
[ "$got" = $'autoCompleteLessonStatus false: not attempted\nautoCompleteLessonStatus true: not attempted' ] ||
  { echo "this has changed" >&2; exit 1; }
