package credential

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math/big"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses"
)

const site = "https://lopban.test"

// opened is what a JWT says, after its signature was checked with the key's JWK alone.
func opened(t *testing.T, jwt string, k Key) (head, says map[string]any) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			t.Fatal(err)
		}
	}
	public, err := k.Point()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(raw[2]) != 64 || !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		t.Fatal("the signature does not fit")
	}
	if err := errors.Join(json.Unmarshal(raw[0], &head), json.Unmarshal(raw[1], &says)); err != nil {
		t.Fatal(err)
	}
	return head, says
}

// at follows names and places into what JSON has.
func at(doc any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := doc.([]any); ok && len(list) > 0 {
			doc = list[0]
		}
		m, _ := doc.(map[string]any)
		doc = m[name]
	}
	return doc
}

// What the JSON schema of OpenBadgeCredential and the two specifications require of a badge that is a JWT.
func TestABadgeIsAnOpenBadgeCredential(t *testing.T) {
	s := signer(t, "0001")
	c := certificate()
	c.Strand, c.Course, c.Version = courses.LibraryService, "LS1", "LS1@2"
	c.Register, c.Reissue = "08/2026/000017/2", 2
	c.ValidUntil = time.Date(2029, 11, 30, 16, 59, 59, 999e6, time.UTC)
	jwt, err := s.Badge(c, "Dịch vụ thư viện", site)
	if err != nil {
		t.Fatal(err)
	}
	head, says := opened(t, jwt, s.Key)
	if want := map[string]any{"alg": "ES256", "typ": "JWT", "kid": site + "/badges/keys/" + s.Thumbprint}; !reflect.DeepEqual(head, want) {
		t.Errorf("the head is %v, want %v", head, want)
	}
	const id = site + "/badges/7KQM4XW2HRTP"
	for path, want := range map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json", "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"},
		"type":     []any{"VerifiableCredential", "OpenBadgeCredential"},
		"id":       id, "jti": id,
		"iss": site + "/badges/issuers/08", "issuer.id": site + "/badges/issuers/08",
		"issuer.type": []any{"Profile"}, "issuer.name": "THƯ VIỆN TỈNH TUYÊN QUANG",
		"sub": id + "#holder", "credentialSubject.id": id + "#holder", "credentialSubject.type": []any{"AchievementSubject"},
		"credentialSubject.identifier.type": "IdentityObject", "credentialSubject.identifier.hashed": false, "credentialSubject.identifier.identityType": "name",
		"credentialSubject.identifier.identityHash": "Nguyễn Văn Sĩ",
		"credentialSubject.activityStartDate":       "2026-09-29T17:00:00Z", "credentialSubject.activityEndDate": "2026-11-28T17:00:00Z",
		"credentialSubject.licenseNumber":    "08.2026.00017",
		"credentialSubject.achievement.type": []any{"Achievement"}, "credentialSubject.achievement.id": site + "/courses/LS1",
		"credentialSubject.achievement.achievementType": "CertificateOfCompletion", "credentialSubject.achievement.name": c.Title.Vi,
		"credentialSubject.achievement.description":  "Khóa bồi dưỡng 12 tiết, mỗi tiết 45 phút.",
		"credentialSubject.achievement.fieldOfStudy": "Dịch vụ thư viện", "credentialSubject.achievement.criteria.id": site + "/courses/LS1",
		// the day on the paper, not the hour
		"validFrom": "2026-11-29T17:00:00Z", "nbf": float64(time.Date(2026, 11, 29, 17, 0, 0, 0, time.UTC).Unix()),
		"validUntil": "2029-11-30T16:59:59Z", "exp": float64(c.ValidUntil.Unix()),
		"credentialStatus.type": "BitstringStatusListEntry", "credentialStatus.statusPurpose": "revocation",
		"credentialStatus.statusListIndex": "17", "credentialStatus.statusListCredential": site + "/badges/status/08-2026-2",
		"credentialSchema.id":   "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
		"credentialSchema.type": "1EdTechJsonSchemaValidator2019",
		"description":           "Giấy chứng nhận số 08.2026.00017, số vào sổ 08/2026/000017/2, cấp lại lần 2. Cấp cho Nguyễn Văn Sĩ, Điểm bưu điện - văn hóa xã Sà Phìn, xã Sà Phìn, tỉnh Tuyên Quang.",
	} {
		if got := at(says, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if narrative, _ := at(says, "credentialSubject.achievement.criteria.narrative").(string); !strings.Contains(narrative, "Kết quả: Đạt") {
		t.Errorf("the criteria say %q", narrative)
	}
	if again, _ := s.Badge(c, "Dịch vụ thư viện", site); again != jwt {
		t.Error("the same badge has other bytes")
	}
}

func TestABadgeThatDoesNotEndSaysNoEnd(t *testing.T) {
	s := signer(t, "0001")
	jwt, err := s.Badge(certificate(), "", site)
	if err != nil {
		t.Fatal(err)
	}
	_, says := opened(t, jwt, s.Key)
	if says["validUntil"] != nil || says["exp"] != nil {
		t.Errorf("%v %v", says["validUntil"], says["exp"])
	}
}

// Programs compare names byte by byte, and a Mac types them in pieces.
func TestNamesAreSignedInOneForm(t *testing.T) {
	s := signer(t, "0001")
	whole, pieces := certificate(), certificate()
	pieces.Holder.Name = "Nguye\u0302\u0303n Va\u0306n Si\u0303"
	pieces.Title.Vi = strings.ReplaceAll(pieces.Title.Vi, "ĩ", "i\u0303")
	a, err1 := s.Badge(whole, "", site)
	b, err2 := s.Badge(pieces, "", site)
	if err := errors.Join(err1, err2); err != nil || a != b {
		t.Errorf("%v\n%s\n%s", err, a, b)
	}
}

func TestAStatusListHasABitForEveryLineThatEnded(t *testing.T) {
	s := signer(t, "0001")
	ended := []string{"08/2026/000000", "08/2026/000017", "08/2026/000018/1", "04/2026/000019", "08/2025/000020", "08/2026/999999"}
	jwt, err := s.StatusList("08-2026-0", ended, site, now)
	if err != nil {
		t.Fatal(err)
	}
	head, says := opened(t, jwt, s.Key)
	if head["alg"] != "ES256" || head["typ"] != "vc+jwt" || head["kid"] != site+"/badges/keys/"+s.Thumbprint {
		t.Errorf("the head is %v", head)
	}
	for path, want := range map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiableCredential", "BitstringStatusListCredential"},
		"id": site + "/badges/status/08-2026-0", "issuer": site + "/badges/issuers/08", "iss": site + "/badges/issuers/08",
		"validFrom": "2026-11-30T03:00:00Z", "validUntil": "2026-12-01T03:00:00Z", "exp": float64(now.Add(24 * time.Hour).Unix()),
		"credentialSubject.type": "BitstringStatusList", "credentialSubject.statusPurpose": "revocation",
	} {
		if got := at(says, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	encoded, _ := at(says, "credentialSubject.encodedList").(string)
	packed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(encoded, "u"))
	if err != nil || encoded[0] != 'u' {
		t.Fatalf("%v in %.20s", err, encoded)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(zip)
	if err != nil || len(raw)*8 < 131072 {
		t.Fatalf("%d bits, %v", len(raw)*8, err)
	}
	var set []int
	for i := range len(raw) * 8 {
		if raw[i/8]&(0x80>>(i%8)) != 0 {
			set = append(set, i)
		}
	}
	if want := []int{0, 17, 999999}; !slices.Equal(set, want) {
		t.Errorf("set are %v, want %v", set, want)
	}
	if len(jwt) > 4<<10 {
		t.Errorf("a list of three takes %d bytes", len(jwt))
	}
}

func TestOnlyLinesOfARegisterHaveAPlace(t *testing.T) {
	for _, register := range []string{"", "08", "08/2026", "/2026/000001", "08/2026/", "08/2026/-1", "08/2026/1048576", "08/2026/1/x", "08/2026/1/2/3", "0-8/2026/1", "08/2026/ 1", "08/+2026/1"} {
		if list, index, err := PlaceOf(register); err == nil {
			t.Errorf("%q is at %s, %d", register, list, index)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("08/2026/000017/2")
	f.Add("08/2026/000017")
	f.Fuzz(func(t *testing.T, register string) {
		list, index, err := PlaceOf(register)
		if err != nil {
			return
		}
		if index < 0 || index >= StatusEntries || strings.Count(list, "-") != 2 {
			t.Fatalf("%q is at %q, %d", register, list, index)
		}
	})
}

func TestABadgeIsBakedIntoAPNG(t *testing.T) {
	plain, err := os.ReadFile("../../assets/icons/badge-library-service.png")
	if err != nil {
		t.Fatal(err)
	}
	baked, err := BakePNG(plain, "aa.bb-_.cc")
	if err != nil {
		t.Fatal(err)
	}
	before, err1 := png.Decode(bytes.NewReader(plain))
	after, err2 := png.Decode(bytes.NewReader(baked)) // checks every chunk's sum
	if err := errors.Join(err1, err2); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the picture changed: %v", err)
	}
	const chunk = "\x00\x00\x00\x22iTXtopenbadgecredential\x00\x00\x00\x00\x00aa.bb-_.cc"
	if bytes.Index(baked, []byte(chunk)) != 33 {
		t.Errorf("the badge is not behind the head: %.120q", baked)
	}
	for name, picture := range map[string][]byte{"one with a badge": baked, "none": nil, "a short one": plain[:20], "an SVG": []byte("<svg />")} {
		if _, err := BakePNG(picture, "x"); err == nil {
			t.Errorf("%s is baked", name)
		}
	}
}

func TestABadgeIsBakedIntoAnSVG(t *testing.T) {
	plain, err := os.ReadFile("../../assets/icons/badge-reading-promotion.svg")
	if err != nil {
		t.Fatal(err)
	}
	baked, err := BakeSVG(plain, "aa.bb-_.cc")
	if err != nil {
		t.Fatal(err)
	}
	read := xml.NewDecoder(bytes.NewReader(baked))
	var tags []xml.StartElement
	for {
		token, err := read.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if tag, ok := token.(xml.StartElement); ok {
			tags = append(tags, tag.Copy())
		}
	}
	want := xml.Name{Space: "https://purl.imsglobal.org/ob/v3p0", Local: "credential"}
	if len(tags) < 3 || tags[0].Name.Local != "svg" || tags[1].Name != want || len(tags[1].Attr) != 1 || tags[1].Attr[0].Name.Local != "verify" || tags[1].Attr[0].Value != "aa.bb-_.cc" {
		t.Errorf("%+v", tags[:min(3, len(tags))])
	}
	for name, picture := range map[string]string{"one with a badge": string(baked), "none": "", "an empty one": `<svg />`, "a PNG": "\x89PNG"} {
		if _, err := BakeSVG([]byte(picture), "x"); err == nil {
			t.Errorf("%s is baked", name)
		}
	}
}
