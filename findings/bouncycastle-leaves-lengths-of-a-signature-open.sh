#!/bin/bash
# One would guess: a detached CMS signature that a Java signer makes with Bouncy Castle's generator and writes out in the
# plainest way, getEncoded(), is DER, as PDF asks for /Contents.
# What happens: it is BER. The outermost lengths are left open (30 80 … 00 00); only getEncoded("DER") closes them.
# The six zeros that end it look like the padding of /Contents, so cutting padding off tears it.
# Seen with: bcpkix and bcprov 1.72. ISO 32000-1, 12.8.3.3 asks for DER; RFC 5652, 5.3 lets the outer parts be BER.
# Why it matters here: issuers sign certificates with tools built on this library. A reader that takes DER alone calls
# their papers broken; one that finds the end by its zeros cuts its last bytes away.
# Needs a JDK (17 was used) and a Debian mirror with bookworm.
set -euo pipefail
cd "$(mktemp -d)"
apt-get download -qq libbcprov-java=1.72-2 libbcpkix-java=1.72-2 libbcutil-java=1.72-2
for package in *.deb; do dpkg -x "$package" .; done
jars=usr/share/java/bcprov.jar:usr/share/java/bcpkix.jar:usr/share/java/bcutil.jar
keytool -genkeypair -keystore key.p12 -storetype PKCS12 -storepass secret -alias s -keyalg RSA -keysize 2048 -dname CN=Test 2>/dev/null
cat > Open.java <<'END'
import java.io.FileInputStream;
import java.security.*;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

class Open {
    static String ends(byte[] b) {
        String hex = java.util.HexFormat.of().formatHex(b);
        return hex.substring(0, 4) + " … " + hex.substring(hex.length() - 12);
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream("key.p12"), "secret".toCharArray());
        X509Certificate cert = (X509Certificate) store.getCertificate("s");
        CMSSignedDataGenerator maker = new CMSSignedDataGenerator();
        maker.addSignerInfoGenerator(new JcaSimpleSignerInfoGeneratorBuilder()
            .build("SHA256withRSA", (PrivateKey) store.getKey("s", "secret".toCharArray()), cert));
        maker.addCertificates(new JcaCertStore(List.of(cert)));
        CMSSignedData signed = maker.generate(new CMSProcessableByteArray("a page".getBytes()), false);
        byte[] plain = signed.getEncoded(), der = signed.getEncoded("DER");
        System.out.println("getEncoded()      " + ends(plain));
        System.out.println("getEncoded(DER)   " + ends(der).substring(0, 4));
    }
}
END
got=$(java -cp "$jars" Open.java)
echo "bcpkix 1.72"
echo "$got"
[ "$got" = "getEncoded()      3080 … 000000000000
getEncoded(DER)   3082" ] || { echo "this has changed" >&2; exit 1; }
