#!/bin/bash
# One would guess: a CMS signature made with a certificate that was read from its own bytes names the certificate's issuer
# with the same bytes, since that is how a verifier finds the certificate.
# What happens: the library decodes the name as if each byte were a letter and encodes it as UTF-8 once more. An issuer in
# plain ASCII survives; "Thư viện tỉnh" does not, and the signer's issuer no longer equals the certificate's.
# Seen with: node-forge 1.4.0. CMS (RFC 5652, 5.3) finds the signer's certificate by issuer and serial number.
# Why it matters here: issuers of certificates are bodies with Vietnamese names. PDFs signed through this library cannot
# be verified; the product's own signer copies the issuer's bytes.
set -euo pipefail
cd "$(mktemp -d)"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-forge@1.4.0 >/dev/null
npm ls node-forge | grep node-forge
cat > sign.cjs <<'END'
const forge = require("node-forge");
const name = "Thư viện tỉnh";
const keys = forge.pki.rsa.generateKeyPair(1024);
const made = forge.pki.createCertificate();
made.publicKey = keys.publicKey;
made.serialNumber = "01";
made.validity.notBefore = new Date("2026-01-01T00:00:00Z");
made.validity.notAfter = new Date("2036-01-01T00:00:00Z");
const attributes = [{ name: "commonName", value: name, valueTagClass: forge.asn1.Type.UTF8 }];
made.setSubject(attributes);
made.setIssuer(attributes);
made.sign(keys.privateKey, forge.md.sha256.create());
const der = forge.asn1.toDer(forge.pki.certificateToAsn1(made)).getBytes();
const certificate = forge.pki.certificateFromAsn1(forge.asn1.fromDer(der)); // as a program gets it from a file
const cms = forge.pkcs7.createSignedData();
cms.content = forge.util.createBuffer("x");
cms.addCertificate(certificate);
cms.addSigner({ key: keys.privateKey, certificate, digestAlgorithm: forge.pki.oids.sha256 });
cms.sign({ detached: true });
const bytes = Buffer.from(forge.asn1.toDer(cms.toAsn1()).getBytes(), "binary");
const count = needle => bytes.toString("latin1").split(needle.toString("latin1")).length - 1;
const right = Buffer.from(name, "utf8");
console.log("names encoded once:", count(right), "twice:", count(Buffer.from(right.toString("latin1"), "utf8")));
END
got=$(node sign.cjs)
echo "$got"
[ "$got" = "names encoded once: 2 twice: 1" ] || { echo "this has changed" >&2; exit 1; }
