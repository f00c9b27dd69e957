#!/bin/bash
# One would guess: the name and the reason given to a helper that prepares a PDF for signing are written as PDF text
# strings, so that a viewer shows "Nguyễn Văn Sĩ".
# What happens: of each letter only the low byte is written, neither as PDFDocEncoding nor as UTF-16 with its mark, and
# not escaped. ễ (U+1EC5) becomes the byte C5; ĩ (U+0129) becomes 29, which is a closing parenthesis.
# Seen with: @signpdf/placeholder-pdf-lib 3.3.0 and pdf-lib 1.17.1. PDF 32000-1, 7.9.2.2 has the rules for text strings.
# Why it matters here: signers' names and "kĩ năng" have that letter. Such texts have to be left out, or written by code
# that knows the rules; a signature with an English name in a test shows nothing of it.
set -euo pipefail
cd "$(mktemp -d)"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @signpdf/placeholder-pdf-lib@3.3.0 pdf-lib@1.17.1 >/dev/null
npm ls @signpdf/placeholder-pdf-lib | grep placeholder
cat > name.cjs <<'END'
const { PDFDocument } = require("pdf-lib");
const { pdflibAddPlaceholder } = require("@signpdf/placeholder-pdf-lib");
(async () => {
  const pdfDoc = await PDFDocument.create();
  pdfDoc.addPage();
  pdflibAddPlaceholder({ pdfDoc, reason: "-", contactInfo: "-", location: "-", name: "Nguyễn Sĩ", signatureLength: 64 });
  const bytes = Buffer.from(await pdfDoc.save({ useObjectStreams: false }));
  const from = bytes.indexOf("/Name (") + "/Name (".length;
  console.log(bytes.subarray(from, bytes.indexOf("\n", from)).toString("hex"));
})();
END
got=$(node name.cjs)
echo "bytes between the parentheses and to the end of the line: $got"
[ "$got" = 4e677579c56e20532929 ] || { echo "this has changed" >&2; exit 1; }
