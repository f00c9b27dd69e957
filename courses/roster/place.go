package roster

import (
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lopban/courses/letters"
)

// List is one of the two lists of provinces. The same code may stand in both and mean two provinces (08 is Tuyên Quang
// before and after 1 July 2025, with other borders), so a province is always a list and a code.
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
	Xa      = "xã"
	Phuong  = "phường"
	ThiTran = "thị trấn" // until 1 July 2025
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

// atlas is the provinces and communes as they are between two changes, and the units that communes were made of. It
// does not change.
type atlas struct {
	provinces []Province
	communes  []Commune // in Vietnamese collation
	byCode    map[string]Commune
	formers   []Former             // by code
	land      map[string][]*Former // commune to the former units whose land it has
	units     []unit               // communes and former units
	names     map[string][]int     // folded name to the units that have or had it

	// folded name without its kind to the districts, see Former.place, and the present province of each
	districts    map[string]map[string]string
	oldProvinces map[string]string // folded name to the code of before July 2025

	changes []PlaceChange      // that hold, by day
	ever    map[string]Commune // communes that changes made others of, as they were last
}

const (
	provincesFile = "programme/provinces.csv"
	communesFile  = "programme/communes.csv"
	formerFile    = "programme/former.csv"
)

// ReadPlaces reads programme/provinces.csv, communes.csv and former.csv and checks that they agree: codes are digits
// and not given twice in a list, names are NFC, every commune has a present province and, inside the programme, a
// programme province, and every former unit became part of a commune. Tables that are compiled into the program do not
// change, and are read once.
func ReadPlaces(fsys fs.FS) (*Places, error) {
	read := func() (*atlas, error) { return readAtlas(fsys) }
	if tables, ok := fsys.(embed.FS); ok {
		once, _ := compiled.LoadOrStore(tables, sync.OnceValues(read))
		read = once.(func() (*atlas, error))
	}
	a, err := read()
	if err != nil {
		return nil, err
	}
	return newPlaces(a), nil
}

var compiled sync.Map // embed.FS to func() (*atlas, error)

func readAtlas(fsys fs.FS) (*atlas, error) {
	p := &atlas{byCode: map[string]Commune{}}
	for _, table := range []struct {
		file string
		read func(fs.FS) error
	}{{provincesFile, p.readProvinces}, {communesFile, p.readCommunes}, {formerFile, p.readFormer}} {
		if err := table.read(fsys); err != nil {
			return nil, fmt.Errorf("%s: %w", table.file, err)
		}
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

func (p *atlas) readProvinces(fsys fs.FS) error {
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
	slices.SortStableFunc(p.provinces, func(a, b Province) int { return a.Order - b.Order })
	return nil
}

var (
	provinceCode = regexp.MustCompile(`^[0-9]{2}$`)
	communeCode  = regexp.MustCompile(`^[0-9]{5}$`)
	shortCode    = regexp.MustCompile(`^[0-9]{3,5}$`)
)

func (p *atlas) readCommunes(fsys fs.FS) error {
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

func (p *atlas) index() {
	keys := map[string]string{}
	for _, c := range p.communes {
		keys[c.Code] = collation(c.Name) + "." + c.Code
	}
	slices.SortFunc(p.communes, func(a, b Commune) int { return strings.Compare(keys[a.Code], keys[b.Code]) })
	p.name()
}

// Province finds a province by its list and code.
func (p *atlas) Province(list List, code string) (Province, bool) {
	i := slices.IndexFunc(p.provinces, func(v Province) bool { return v.List == list && v.Code == code })
	if i < 0 {
		return Province{}, false
	}
	return p.provinces[i], true
}

// Provinces lists the provinces of a list, in its order.
func (p *atlas) Provinces(list List) []Province {
	var found []Province
	for _, v := range p.provinces {
		if v.List == list {
			found = append(found, v)
		}
	}
	return found
}

// MatchProvince finds a province of the list by its code ("8" is "08") or by its name, folded, with or without "tỉnh"
// or "province".
func (p *atlas) MatchProvince(list List, text string) (Province, bool) {
	text = Words(text)
	if len(text) == 1 {
		text = "0" + text
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "tinh "), " province")
	for _, v := range p.provinces {
		if v.List == list && (v.Code == text || Words(v.Name) == text) {
			return v, true
		}
	}
	return Province{}, false
}

// Commune finds a commune by its code of five digits.
func (p *atlas) Commune(code string) (Commune, bool) {
	c, ok := p.byCode[code]
	return c, ok
}

// Communes lists the communes of a province in Vietnamese collation.
func (p *atlas) Communes(list List, province string) []Commune {
	var found []Commune
	for _, c := range p.communes {
		if province != "" && c.In(list, province) {
			found = append(found, c)
		}
	}
	return found
}

// Distance is the number of letters to insert, drop or change that make b of a (Levenshtein), and whether it is at most
// limit.
func Distance(a, b string, limit int) (int, bool) {
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

// Spelling is a name in one form for both placements of tones: lower case, words apart by one space, and the tone of
// each word moved to its end ("hòa" and "hoà" are "hoa" and a grave).
func Spelling(s string) string {
	var b strings.Builder
	var tone []rune
	end := func() {
		b.WriteString(string(tone))
		tone = tone[:0]
	}
	for _, r := range norm.NFD.String(strings.ToLower(strings.Map(letters.Vietnamese, Clean(s)))) {
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
