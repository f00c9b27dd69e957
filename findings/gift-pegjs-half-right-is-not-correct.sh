#!/bin/bash
# One would guess: in a GIFT question "tick all that are right" ({~%50%a ~%50%b ~%-100%c}) a parser marks a and b as
# correct; and the first feedback of a true-false question, "trueFeedback", is shown to whoever answered rightly.
# What happens: every weighted option has isCorrect false, so a program that counts correct options finds none. For
# {T#first#second} trueFeedback is "first", which Moodle shows to whoever answered wrongly.
# Seen with: gift-pegjs 1.0.2; Moodle's reading: docs.moodle.org, "GIFT format", "Feedback" and "Multiple choice with
# multiple right answers".
# Why it matters here: it is our second reader of the GIFT we write. Weights have to be compared, not isCorrect, and the
# feedback by its place.
set -euo pipefail
cd "$(mktemp -d)"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund gift-pegjs@1.0.2 >/dev/null
node -p '"gift-pegjs " + require("gift-pegjs/package.json").version' 2>/dev/null || npm ls gift-pegjs | tail -2
got=$(node -e '
const { parse } = require("gift-pegjs");
const [all] = parse("::a:: Chọn các việc nên làm. {~%50%mở cửa ~%50%ghi sổ ~%-100%đóng cửa}\n\n");
console.log("all that are right:", all.choices.map(c => c.weight + " " + c.isCorrect).join(", "));
const [said] = parse("::b:: Thư viện mở cửa buổi tối. {T#first#second}\n\n");
console.log("trueFeedback:", said.trueFeedback.text, "falseFeedback:", said.falseFeedback.text);
')
echo "$got"
[ "$got" = $'all that are right: 50 false, 50 false, -100 false\ntrueFeedback: first falseFeedback: second' ] ||
  { echo "this has changed" >&2; exit 1; }
