package credential

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"lopban/courses"
)

// A badge is a certificate as other programs read it: an OpenBadgeCredential (1EdTech Open Badges 3.0), which is a
// Verifiable Credential (W3C data model 2.0), signed as VC-JWT. It says what the paper says and no more. What each
// field means is read of the contexts; 3.0.3 is the only one of Open Badges' that goes with version 2.0 of the
// credentials, and has not the type of the schema, which the extensions have.
type badge struct {
	Context     []string `json:"@context"`
	ID          string   `json:"id"`
	Type        []string `json:"type"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Image       image    `json:"image"`
	Issuer      Profile  `json:"issuer"`
	ValidFrom   string   `json:"validFrom"`
	ValidUntil  string   `json:"validUntil,omitempty"`
	Subject     subject  `json:"credentialSubject"`
	Status      entry    `json:"credentialStatus"`
	Schema      []typed  `json:"credentialSchema"`
	claims
}

// claims say the same to a program that reads a JWT and knows nothing of credentials.
type claims struct {
	Issuer    string `json:"iss"`
	ID        string `json:"jti"`
	Subject   string `json:"sub,omitempty"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp,omitempty"`
}

type typed struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type image struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Caption string `json:"caption"`
}

// Profile is an issuer.
type Profile struct {
	ID          string   `json:"id"`
	Type        []string `json:"type"`
	Name        string   `json:"name"`
	URL         string   `json:"url"`
	Description string   `json:"description,omitempty"` // the body above it
}

// subject is the holder. The only id they have in a badge is the badge's own, so that two badges cannot be put together
// by it; who they are is the name, as on the paper.
type subject struct {
	ID         string      `json:"id"`
	Type       []string    `json:"type"`
	Identifier []identity  `json:"identifier"`
	Started    string      `json:"activityStartDate"`
	Ended      string      `json:"activityEndDate"`
	License    string      `json:"licenseNumber"` // the serial
	Earned     achievement `json:"achievement"`
}

type identity struct {
	Type   string `json:"type"`
	Hashed bool   `json:"hashed"`
	Hash   string `json:"identityHash"` // as it is, where it is not hashed
	Kind   string `json:"identityType"`
}

type achievement struct {
	ID          string   `json:"id"`
	Type        []string `json:"type"`
	Kind        string   `json:"achievementType"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Criteria    criteria `json:"criteria"`
	Field       string   `json:"fieldOfStudy"`
	Code        string   `json:"humanCode"`
	Version     string   `json:"version"`
}

type criteria struct {
	ID        string `json:"id"`
	Narrative string `json:"narrative"`
}

// entry says where a badge's bit stands.
type entry struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Purpose string `json:"statusPurpose"`
	Index   string `json:"statusListIndex"`
	List    string `json:"statusListCredential"`
}

const (
	credentialsContext = "https://www.w3.org/ns/credentials/v2"
	badgesContext      = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
	extensionsContext  = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
	badgeSchema        = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)

// BadgeAddress is where a certificate's badge is found, and its id.
func BadgeAddress(site, code string) string { return site + "/badges/" + code }

// KeyAddress is where the public half of a key is found, and how badges name it.
func KeyAddress(site, thumbprint string) string { return site + "/badges/keys/" + thumbprint }

// ProfileOf is the issuer as badges name it.
func ProfileOf(site string, i courses.Issuer) Profile {
	return Profile{ID: site + "/badges/issuers/" + i.ID, Type: []string{"Profile"}, Name: norm.NFC.String(i.Name), URL: site, Description: norm.NFC.String(i.Parent)}
}

// Badge is a certificate's badge as a JWT. field is the words for its strand. It says nothing of whether the
// certificate is still good: that stands in the status list that it names.
func (s *Signer) Badge(c courses.Certificate, field, site string) (string, error) {
	list, index, err := PlaceOf(c.Register)
	if err != nil {
		return "", err
	}
	text := norm.NFC.String // whoever typed a name on whatever machine, it is signed in one form for ever
	id, title, holder := BadgeAddress(site, c.Code), text(c.Title.In("vi")), text(c.Holder.Name)
	issuer, statuses, number := ProfileOf(site, c.Issuer), StatusAddress(site, list), fmt.Sprint(index)
	unit := strings.Trim(text(c.Holder.Library+", "+c.Holder.Place), ", ")
	said := fmt.Sprintf("Giấy chứng nhận số %s, số vào sổ %s", c.Serial, c.Register)
	if c.Reissue > 0 {
		said += fmt.Sprintf(", cấp lại lần %d", c.Reissue)
	}
	b := badge{
		Context: []string{credentialsContext, badgesContext, extensionsContext},
		ID:      id, Type: []string{"VerifiableCredential", "OpenBadgeCredential"}, Name: title,
		Description: fmt.Sprintf("%s. Cấp cho %s, %s.", said, holder, unit),
		Image:       image{id + ".png", "Image", "Huy hiệu số: " + title},
		Issuer:      issuer, ValidFrom: stamp(dawn(c.IssuedAt)),
		Subject: subject{ID: id + "#holder", Type: []string{"AchievementSubject"}, Identifier: []identity{{"IdentityObject", false, holder, "name"}},
			Started: stamp(dawn(c.StartedAt)), Ended: stamp(dawn(c.CompletedAt)), License: c.Serial,
			Earned: achievement{ID: site + "/courses/" + c.Course, Type: []string{"Achievement"}, Kind: "CertificateOfCompletion", Name: title,
				Description: fmt.Sprintf("Khóa bồi dưỡng %d tiết, mỗi tiết 45 phút.", c.Periods),
				Criteria: criteria{site + "/courses/" + c.Course,
					"Đọc hết các bài bắt buộc, đạt mọi bài kiểm tra và việc thực hành mà khóa bồi dưỡng yêu cầu. Kết quả: Đạt."},
				Field: text(field), Code: c.Course, Version: c.Version}},
		Status: entry{statuses + "#" + number, "BitstringStatusListEntry", "revocation", number, statuses},
		Schema: []typed{{badgeSchema, "1EdTechJsonSchemaValidator2019"}},
		claims: claims{issuer.ID, id, id + "#holder", dawn(c.IssuedAt).Unix(), 0},
	}
	if !c.ValidUntil.Equal(courses.Forever) {
		b.ValidUntil, b.Expires = stamp(c.ValidUntil), c.ValidUntil.Unix()
	}
	return s.jws(jose{"ES256", "JWT", KeyAddress(site, s.Thumbprint)}, b)
}

// stamp is a time to the second, in UTC: without a zone each reader would take it for its own.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// dawn begins the day in Vietnam on which something was: the paper says the day, and at which hour somebody was at work
// is nobody's business.
func dawn(t time.Time) time.Time {
	year, month, day := t.In(courses.Vietnam).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, courses.Vietnam)
}

// errRegister says that a line in a register is not of the form that ours have.
var errRegister = errors.New("this is no line of a register of ours")
