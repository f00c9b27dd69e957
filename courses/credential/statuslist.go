package credential

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Lists of statuses (W3C Bitstring Status List 1.0): one for each issuer and year, and one for its reissues of each
// count. A certificate's bit stands where its number in the register is, so that no place has to be kept anywhere and
// no two have the same.

// StatusEntries is how many bits a list has: one for every number of six digits that a register can write, and more
// than the 131,072 which the specification asks for, so that a list does not tell which badge is looked up.
const StatusEntries = 1 << 20

// StatusLife is how long a list may be used: afterwards somebody might be sending what was true once.
const StatusLife = 24 * time.Hour

// PlaceOf is the list with the bit of a line in a register, as "08/2026/000017" or with "/2" for a second reissue, and
// its place there.
func PlaceOf(register string) (list string, index int, err error) {
	parts := strings.Split(register, "/")
	if len(parts) == 3 {
		parts = append(parts, "0")
	}
	if len(parts) != 4 || parts[0] == "" || strings.ContainsAny(parts[0], "-?#% ") {
		return "", 0, errRegister
	}
	var n [3]uint64
	for i := range n {
		if n[i], err = strconv.ParseUint(parts[i+1], 10, 20); err != nil {
			return "", 0, errRegister
		}
	}
	return fmt.Sprintf("%s-%d-%d", parts[0], n[0], n[2]), int(n[1]), nil
}

// StatusAddress is where a list is found, and its id.
func StatusAddress(site, list string) string { return site + "/badges/status/" + list }

// statusList is a list as a credential of its own.
type statusList struct {
	Context    []string `json:"@context"`
	ID         string   `json:"id"`
	Type       []string `json:"type"`
	Issuer     string   `json:"issuer"`
	ValidFrom  string   `json:"validFrom"`
	ValidUntil string   `json:"validUntil"`
	Subject    bits     `json:"credentialSubject"`
	claims
}

type bits struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Purpose string `json:"statusPurpose"`
	Encoded string `json:"encodedList"`
}

// StatusList is a list as a JWT, in which the bits of these lines in registers are set. Lines of other lists are passed
// over.
func (s *Signer) StatusList(list string, ended []string, site string, at time.Time) (string, error) {
	raw := make([]byte, StatusEntries/8)
	for _, register := range ended {
		of, index, err := PlaceOf(register)
		if err != nil {
			return "", err
		}
		if of == list {
			raw[index/8] |= 1 << (7 - index%8) // the first bit is the leftmost
		}
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	zip.Write(raw) // memory does not fail
	zip.Close()
	id, issuer, until := StatusAddress(site, list), site+"/badges/issuers/"+list[:strings.IndexByte(list, '-')], at.Add(StatusLife)
	return s.jws(jose{"ES256", "vc+jwt", KeyAddress(site, s.Thumbprint)}, statusList{
		Context: []string{credentialsContext}, ID: id, Type: []string{"VerifiableCredential", "BitstringStatusListCredential"}, Issuer: issuer,
		ValidFrom: stamp(at), ValidUntil: stamp(until),
		Subject: bits{id + "#list", "BitstringStatusList", "revocation", "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes())},
		claims:  claims{issuer, id, id + "#list", at.Unix(), until.Unix()},
	})
}
