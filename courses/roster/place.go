package roster

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// List is one of the two lists of provinces. The same code may stand in both and mean two provinces (08 is Tuyên Quang before and after 1 July 2025, with other
// borders), so a province is always a list and a code.
type List string

const (
	Present   List = "present"   // since 1 July 2025: 10 provinces cover the programme's
	Programme List = "programme" // the 14 of Decision 1687/QĐ-TTg
)

// Province is an entry of one of the lists.
type Province struct {
	List      List      `json:"list"`
	Code      string    `json:"code"` // two digits
	Name      string    `json:"name"`
	NameEn    string    `json:"nameEn"`
	Order     int       `json:"order"` // in the Decision, or by code
	ValidFrom time.Time `json:"validFrom,omitzero"`
	ValidTo   time.Time `json:"validTo,omitzero"`
}

// Kinds of commune.
const (
	Xa     = "xã"
	Phuong = "phường"
)

// Commune is a unit of the level that has grassroots libraries, as it is since 1 July 2025.
type Commune struct {
	Code      string    `json:"code"` // five digits
	Name      string    `json:"name"` // without the kind
	Kind      string    `json:"kind"` // Xa or Phuong
	Province  string    `json:"province"`
	Programme string    `json:"programme"` // "" outside the programme
	ValidFrom time.Time `json:"validFrom,omitzero"`
}

// Title is the name with its kind: "xã Ngọc Đường".
func (c Commune) Title() string { return c.Kind + " " + c.Name }

// In says whether the commune lies in the province of the list.
func (c Commune) In(list List, code string) bool {
	if list == Programme {
		return c.Programme == code
	}
	return c.Province == code
}

// Places are the provinces and communes of the programme. They do not change while the program runs.
type Places struct {
	provinces []Province
	communes  []Commune // in Vietnamese collation
	byCode    map[string]Commune
	byFold    map[string][]int // folded words of the name to communes
	folds     []string         // of each commune
	spellings []string
}

const (
	provincesFile = "programme/provinces.csv"
	communesFile  = "programme/communes.csv"
)

// ReadPlaces reads programme/provinces.csv and programme/communes.csv and checks that they agree: codes are digits and not given twice in a list, names are NFC,
// every commune has a present province and, inside the programme, a programme province.
func ReadPlaces(fsys fs.FS) (*Places, error) {
	p := &Places{byCode: map[string]Commune{}, byFold: map[string][]int{}}
	if err := p.readProvinces(fsys); err != nil {
		return nil, fmt.Errorf("%s: %w", provincesFile, err)
	}
	if err := p.readCommunes(fsys); err != nil {
		return nil, fmt.Errorf("%s: %w", communesFile, err)
	}
	p.index()
	return p, nil
}

func readTable(fsys fs.FS, name string, header []string) ([][]string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], header) {
		return nil, fmt.Errorf("the first line is not %q", header)
	}
	for i, row := range rows {
		for _, cell := range row {
			if cell != Clean(cell) {
				return nil, fmt.Errorf("line %d: %q has stray spaces or is not NFC", i+1, cell)
			}
		}
	}
	return rows[1:], nil
}

func (p *Places) readProvinces(fsys fs.FS) error {
	rows, err := readTable(fsys, provincesFile, []string{"list", "order", "code", "name", "name_en", "valid_from", "valid_to"})
	if err != nil {
		return err
	}
	for _, r := range rows {
		v := Province{List: List(r[0]), Code: r[2], Name: r[3], NameEn: r[4]}
		var errs [3]error
		v.Order, errs[0] = strconv.Atoi(r[1])
		v.ValidFrom, errs[1] = date(r[5])
		v.ValidTo, errs[2] = date(r[6])
		for _, err := range errs {
			if err != nil {
				return fmt.Errorf("province %s %s: %w", v.List, v.Code, err)
			}
		}
		_, twice := p.Province(v.List, v.Code)
		if twice || !provinceCode.MatchString(v.Code) || v.Name == "" || v.List != Present && v.List != Programme {
			return fmt.Errorf("province %s %q %q: bad or given twice", v.List, v.Code, v.Name)
		}
		p.provinces = append(p.provinces, v)
	}
	return nil
}

var (
	provinceCode = regexp.MustCompile(`^[0-9]{2}$`)
	communeCode  = regexp.MustCompile(`^[0-9]{5}$`)
	shortCode    = regexp.MustCompile(`^[0-9]{3,5}$`)
)

func (p *Places) readCommunes(fsys fs.FS) error {
	rows, err := readTable(fsys, communesFile, []string{"code", "name", "kind", "province", "programme", "valid_from"})
	if err != nil {
		return err
	}
	for _, r := range rows {
		c := Commune{Code: r[0], Name: r[1], Kind: r[2], Province: r[3], Programme: r[4]}
		if c.ValidFrom, err = date(r[5]); err != nil {
			return fmt.Errorf("commune %s: %w", c.Code, err)
		}
		_, twice := p.byCode[c.Code]
		if twice || !communeCode.MatchString(c.Code) || c.Name == "" || c.Kind != Xa && c.Kind != Phuong {
			return fmt.Errorf("commune %q %q: bad or given twice", c.Code, c.Name)
		}
		_, present := p.Province(Present, c.Province)
		_, programme := p.Province(Programme, c.Programme)
		if !present || c.Programme != "" && !programme {
			return fmt.Errorf("commune %s lies in provinces %q and %q, which are not in their lists", c.Code, c.Province, c.Programme)
		}
		p.communes = append(p.communes, c)
		p.byCode[c.Code] = c
	}
	return nil
}

// date reads yyyy-mm-dd; an empty text is the zero time.
func date(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, s)
}

func (p *Places) index() {
	slices.SortFunc(p.provinces, func(a, b Province) int { return a.Order - b.Order })
	keys := map[string]string{}
	for _, c := range p.communes {
		keys[c.Code] = collation(c.Name) + "." + c.Code
	}
	slices.SortFunc(p.communes, func(a, b Commune) int { return strings.Compare(keys[a.Code], keys[b.Code]) })
	for i, c := range p.communes {
		fold := words(c.Name)
		p.folds = append(p.folds, fold)
		p.spellings = append(p.spellings, spelling(c.Name))
		p.byFold[fold] = append(p.byFold[fold], i)
	}
}

// Province finds a province by its list and code.
func (p *Places) Province(list List, code string) (Province, bool) {
	i := slices.IndexFunc(p.provinces, func(v Province) bool { return v.List == list && v.Code == code })
	if i < 0 {
		return Province{}, false
	}
	return p.provinces[i], true
}

// Provinces lists the provinces of a list, in its order.
func (p *Places) Provinces(list List) []Province {
	var found []Province
	for _, v := range p.provinces {
		if v.List == list {
			found = append(found, v)
		}
	}
	return found
}

// MatchProvince finds a province of the list by its code ("8" is "08") or by its name, folded, with or without "tỉnh" or "province".
func (p *Places) MatchProvince(list List, text string) (Province, bool) {
	text = words(text)
	if len(text) == 1 {
		text = "0" + text
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "tinh "), " province")
	for _, v := range p.provinces {
		if v.List == list && (v.Code == text || words(v.Name) == text) {
			return v, true
		}
	}
	return Province{}, false
}

// Commune finds a commune by its code of five digits.
func (p *Places) Commune(code string) (Commune, bool) {
	c, ok := p.byCode[code]
	return c, ok
}

// Communes lists the communes of a province in Vietnamese collation.
func (p *Places) Communes(list List, province string) []Commune {
	var found []Commune
	for _, c := range p.communes {
		if province != "" && c.In(list, province) {
			found = append(found, c)
		}
	}
	return found
}

// Match finds the commune that a text means: a code, with or without its leading zeros, or a name, with or without "xã" or "phường" before and ", tỉnh …" after it, in any case,
// with either placement of tones (Hòa, Hoà) or no marks at all. province, a present province's code, narrows the search; "" searches all.
//
// When exactly one commune fits it is returned. Otherwise the commune is empty and the candidates are those that fit, or, when none does, up to three with the nearest names.
func (p *Places) Match(text, province string) (Commune, []Commune) {
	text = strings.TrimPrefix(Clean(text), "'")
	if shortCode.MatchString(text) {
		c := p.byCode[strings.Repeat("0", 5-len(text))+text]
		if province != "" && c.Province != province {
			c = Commune{}
		}
		return c, nil
	}
	name, around, _ := strings.Cut(text, ",")
	readings := readings(name)
	fits := p.within(p.named(readings), province, around)
	if len(fits) == 1 {
		return fits[0], nil
	}
	if len(fits) > 1 {
		return Commune{}, fits
	}
	return Commune{}, p.nearest(readings, province)
}

// reading is a name that a text may mean: "Phường Tiến" may be the ward Tiến or the commune Phượng Tiến.
type reading struct{ fold, spelling, kind string }

var kindPrefixes = []struct{ word, kind string }{{"xa", Xa}, {"x", Xa}, {"phuong", Phuong}, {"p", Phuong}, {"thi tran", ""}, {"tt", ""}, {"commune", Xa}, {"ward", Phuong}}

func readings(name string) []reading {
	fold, spelled := words(name), spelling(name)
	all := []reading{{fold, spelled, ""}}
	for _, k := range kindPrefixes {
		if rest, ok := strings.CutPrefix(fold, k.word+" "); ok {
			parts := strings.SplitN(spelled, " ", strings.Count(k.word, " ")+2)
			all = append(all, reading{rest, parts[len(parts)-1], k.kind})
		}
		if rest, ok := strings.CutSuffix(fold, " "+k.word); ok && (k.word == "commune" || k.word == "ward") {
			all = append(all, reading{rest, strings.TrimSuffix(spelled, " "+k.word), k.kind})
		}
	}
	return all
}

// named finds the communes by the narrowest understanding that has any: the spelling with the kind, the spelling, the folded name with the kind, the folded name.
func (p *Places) named(all []reading) []Commune {
	var levels [4][]Commune
	for _, r := range all {
		for _, i := range p.byFold[r.fold] {
			level := 0
			if p.spellings[i] != r.spelling {
				level = 2
			}
			if r.kind != "" && r.kind != p.communes[i].Kind {
				level++
			}
			levels[level] = append(levels[level], p.communes[i])
		}
	}
	for _, fits := range levels {
		if len(fits) > 0 {
			return fits
		}
	}
	return nil
}

// within keeps the communes of the present province, and of the provinces of either list that the words after the name tell of, if any fits.
func (p *Places) within(fits []Commune, province, around string) []Commune {
	fits = slices.DeleteFunc(fits, func(c Commune) bool { return province != "" && c.Province != province })
	if around == "" || len(fits) < 2 {
		return fits
	}
	var told []Commune
	for _, c := range fits {
		present, _ := p.Province(Present, c.Province)
		programme, _ := p.Province(Programme, c.Programme)
		for _, part := range strings.Split(around, ",") {
			part = strings.TrimPrefix(words(part), "tinh ")
			if part != "" && (part == words(present.Name) || part == words(programme.Name)) {
				told = append(told, c)
				break
			}
		}
	}
	if len(told) > 0 {
		return told
	}
	return fits
}

const suggestions = 3

// nearest finds the communes whose folded names differ from a reading by few letters: one in four at most.
func (p *Places) nearest(all []reading, province string) []Commune {
	type near struct{ at, distance int }
	var found []near
	for i, c := range p.communes {
		if province != "" && c.Province != province {
			continue
		}
		best := -1
		for _, r := range all {
			if d, ok := distance(r.fold, p.folds[i], max(1, len(p.folds[i])/4)); ok && (best < 0 || d < best) {
				best = d
			}
		}
		if best >= 0 {
			found = append(found, near{i, best})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.distance - b.distance })
	var communes []Commune
	for _, n := range found[:min(suggestions, len(found))] {
		communes = append(communes, p.communes[n.at])
	}
	return communes
}

// distance is the number of letters to insert, drop or change that make b of a (Levenshtein), and whether it is at most limit.
func distance(a, b string, limit int) (int, bool) {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return 0, false
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := diagonal
			if a[i-1] != b[j-1] {
				change++
			}
			diagonal = row[j]
			row[j] = min(change, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)], row[len(b)] <= limit
}

// spelling is a name in one form for both placements of tones: lower case, words apart by one space, and the tone of each word moved to its end ("hòa" and "hoà" are "hoa" and a grave).
func spelling(s string) string {
	var b strings.Builder
	var tone []rune
	end := func() {
		b.WriteString(string(tone))
		tone = tone[:0]
	}
	for _, r := range norm.NFD.String(strings.ToLower(Clean(s))) {
		switch {
		case r == '\u0300' || r == '\u0301' || r == '\u0303' || r == '\u0309' || r == '\u0323':
			tone = append(tone, r)
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
		default:
			end()
			b.WriteByte(' ')
		}
	}
	end()
	return strings.Join(strings.Fields(b.String()), " ")
}
