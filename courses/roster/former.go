package roster

import (
	"cmp"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Former is a unit that is no more: until 1 July 2025 a xã, phường or thị trấn of a district. Lists of before, and
// people who have not got used to the new names, still name it.
type Former struct {
	Code         string   `json:"code"`
	Name         string   `json:"name"` // without the kind
	Kind         string   `json:"kind"`
	District     string   `json:"district"` // with its kind: "Huyện Yên Sơn"
	Province     string   `json:"province"` // code, in the list of before
	ProvinceName string   `json:"provinceName"`
	Now          []string `json:"now"` // codes of the communes that have its land; several where it was split
}

// Title is the name with its kind and its district: "xã Tân Tiến, huyện Yên Sơn".
func (f Former) Title() string {
	title := f.Kind + " " + f.Name
	if f.District == "" {
		return title
	}
	_, n := utf8.DecodeRuneInString(f.District)
	return title + ", " + strings.ToLower(f.District[:n]) + f.District[n:]
}

// Address is what a list says of where somebody works, as typed. Name may be a code, and may go on with the district
// and the province after a comma; the others may be empty.
type Address struct {
	Name, District, Province string
	Under                    string // district of a heading above it, which only decides between units of one name
}

// Era is what the names of a list say of its time.
type Era struct {
	Old          bool // it names units that were there only before a change
	New          bool // it names communes that are there only since
	OldProvinces bool // its provinces are those of before July 2025
}

// Found is the commune that an address means.
type Found struct {
	Commune Commune   // where it is certain; else without a code
	Maybe   []Commune // else those that may be meant, the likeliest first
	Former  Former    // the unit that is named, where it is no more
	Split   bool      // Former was split between Maybe
	Named   bool      // a unit has this very name; else those of Maybe have one like it
	Kind    bool      // it is Commune, or Maybe are those, of another kind than was said: a phường for a xã
	Lacks   string    // the district that has no unit of this name
}

func (p *atlas) readFormer(fsys fs.FS) error {
	rows, err := readTable(fsys, formerFile, []string{"code", "name", "kind", "district", "province_code", "province", "commune"})
	if err != nil {
		return err
	}
	for _, r := range rows {
		f := Former{Code: r[0], Name: r[1], Kind: r[2], District: r[3], Province: r[4], ProvinceName: r[5], Now: []string{r[6]}}
		if _, ok := p.byCode[r[6]]; !ok || !communeCode.MatchString(f.Code) || !provinceCode.MatchString(f.Province) || f.Name == "" || f.ProvinceName == "" || !slices.Contains([]string{Xa, Phuong, ThiTran}, f.Kind) {
			return fmt.Errorf("unit %q %q: bad, or of a commune %q that is not there", f.Code, f.Name, r[6])
		}
		if last := len(p.formers) - 1; last >= 0 && p.formers[last].Code == f.Code {
			p.formers[last].Now = append(p.formers[last].Now, r[6])
		} else {
			p.formers = append(p.formers, f)
		}
	}
	return nil
}

// unit is a name and who has or had it.
type unit struct {
	fold, spelling, kind string
	commune              Commune // without a code for a former unit
	former               *Former
}

// name indexes the units by their names.
func (p *atlas) name() {
	p.units, p.names, p.land = nil, map[string][]int{}, map[string][]*Former{}
	p.districts, p.oldProvinces = map[string]map[string]string{}, map[string]string{}
	add := func(name string, u unit) {
		u.fold, u.spelling = Words(name), Spelling(name)
		p.names[u.fold] = append(p.names[u.fold], len(p.units))
		p.units = append(p.units, u)
	}
	for _, c := range p.communes {
		add(c.Name, unit{kind: c.Kind, commune: c})
	}
	for i := range p.formers {
		f := &p.formers[i]
		add(f.Name, unit{kind: f.Kind, former: f})
		for _, code := range f.Now {
			p.land[code] = append(p.land[code], f)
		}
		p.oldProvinces[Words(f.ProvinceName)] = f.Province
		if f.District == "" {
			continue
		}
		district, _ := bare(f.District, districtKinds)
		if p.districts[district] == nil {
			p.districts[district] = map[string]string{}
		}
		p.districts[district][f.place()] = p.byCode[f.Now[0]].Province
	}
}

// reading is a name that a text may mean: "Phường Tiến" may be the ward Tiến or the commune Phượng Tiến.
type reading struct{ fold, spelling, kind string }

var communeKinds = []struct{ word, kind string }{
	{"xa", Xa}, {"x", Xa}, {"phuong", Phuong}, {"p", Phuong}, {"thi tran", ThiTran}, {"tt", ThiTran}, {"commune", Xa}, {"ward", Phuong},
}

func readings(name string) []reading {
	fold, spelled := Words(name), Spelling(name)
	all := []reading{{fold, spelled, ""}}
	for _, k := range communeKinds {
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

// bearing are the units that have one of the names: in its spelling or, where nobody has, typed without any mark. Marks
// count, and so does the kind where it is said.
func (p *atlas) bearing(all []reading) []unit {
	var spelt, unmarked []unit
	for _, r := range all {
		for _, i := range p.names[r.fold] {
			u := p.units[i]
			switch {
			case r.kind != "" && r.kind != u.kind:
			case r.spelling == u.spelling:
				spelt = append(spelt, u)
			case r.spelling == r.fold:
				unmarked = append(unmarked, u)
			}
		}
	}
	if len(spelt) > 0 {
		return spelt
	}
	return unmarked
}

// reach is where the unit of an address may lie.
type reach struct {
	here     string          // present province, code; "" for all
	away     bool            // another province of now is told: nothing is in reach
	province string          // of before July 2025, code
	district map[string]bool // by Former.place; nil where none is told
}

func (f *Former) place() string { return f.Province + "/" + f.District }

// holds says whether a unit is in reach. A commune is where some of its land was.
func (p *atlas) holds(r reach, u unit) bool {
	if r.away {
		return false
	}
	if u.former == nil {
		if r.here != "" && u.commune.Province != r.here {
			return false
		}
		return r.province == "" && r.district == nil || slices.ContainsFunc(p.land[u.commune.Code], func(f *Former) bool { return r.was(f) })
	}
	return r.was(u.former) && (r.here == "" || slices.ContainsFunc(u.former.Now, func(code string) bool { return p.byCode[code].Province == r.here }))
}

// was says whether a former unit lay in the district and the province.
func (r reach) was(f *Former) bool {
	return (r.province == "" || f.Province == r.province) && (r.district == nil || r.district[f.place()])
}

var (
	addressParts  = regexp.MustCompile(`\s*[,;()]\s*|\s+[-–]\s+`)
	districtKinds = []string{"huyen ", "thanh pho ", "thi xa ", "quan ", "tp ", "tx ", "h "}
	provinceKinds = []string{"tinh ", "t "}
)

// before is what a name says of its time: "Hà Giang (cũ)", "huyện Yên Sơn trước đây", "Hà Giang (nay là Tuyên Quang)".
var before = regexp.MustCompile(`(?i)(?:\s+|\s*\()(?:cũ|trước đây|trước (?:khi )?sáp nhập|trước (?:ngày )?0?1/0?7/2025|nay (?:là|thuộc) .+)\)?$|\s*\((?:cu|mới|hiện nay)\)$`)

// timeless is a name without what it says of its time, and whether it is said to be of before.
func timeless(text string) (name string, old bool) {
	at := before.FindStringIndex(text)
	if at == nil || at[0] == 0 {
		return text, false
	}
	said := Words(text[at[0]:])
	return text[:at[0]], said != "moi" && said != "hien nay"
}

// bare is a folded name without the word for its kind, and whether there was one.
func bare(text string, kinds []string) (string, bool) {
	text, _ = timeless(text)
	words := Words(text)
	for _, kind := range kinds {
		if rest, ok := strings.CutPrefix(words, kind); ok {
			return rest, true
		}
	}
	return words, false
}

// IsDistrict says whether a text is the name of a district of before July 2025, with its kind.
func (p *atlas) IsDistrict(text string) bool {
	_, kind := bare(text, districtKinds)
	return kind && len(p.district(text, "")) > 0
}

// district finds the districts of a name whose land is now in the present province, by Former.place.
func (p *atlas) district(text, here string) map[string]bool {
	name, _ := bare(text, districtKinds)
	found := map[string]bool{}
	for place, now := range p.districts[name] {
		if here == "" || now == here {
			found[place] = true
		}
	}
	return found
}

// oldProvince finds the code of a province of before July 2025 by its name. A name that is also one of today means
// today's, unless the list has old ones.
func (p *atlas) oldProvince(text string, old bool) string {
	name, _ := bare(text, provinceKinds)
	for _, v := range p.Provinces(Present) {
		if !old && Words(v.Name) == name {
			return ""
		}
	}
	return p.oldProvinces[name]
}

// apart takes the district and the province out of a name that goes on with them. What stands before it is a village
// or a street, unless its kind is said.
func (p *atlas) apart(a Address) (_ Address, old bool) {
	name, old := timeless(Clean(a.Name))
	parts := slices.DeleteFunc(addressParts.Split(name, -1), func(s string) bool { return s == "" })
	if len(parts) == 0 {
		parts = []string{""}
	}
	at := max(0, slices.IndexFunc(parts, p.speaks))
	a.Name = parts[at]
	if own, was := timeless(parts[at]); was {
		a.Name, old = own, true
	} else if len(parts) > 1 {
		old = false // it is said of the last part
	}
	for i, part := range parts {
		name, isProvince := bare(part, provinceKinds)
		_, isDistrict := bare(part, districtKinds)
		isProvince = isProvince || !isDistrict && (i < at || i == len(parts)-1) && p.isProvince(name)
		switch {
		case i == at, i < at && !isProvince && !isDistrict:
		case isProvince && a.Province == "":
			a.Province = part
		case !isProvince && a.District == "" && len(p.district(part, "")) > 0:
			a.District = part
		}
	}
	a.District, a.Province = Clean(a.District), Clean(a.Province)
	return a, old
}

// speaks says whether a text says of a commune which kind it is.
func (p *atlas) speaks(text string) bool {
	text, _ = timeless(text)
	return slices.ContainsFunc(readings(text), func(r reading) bool { return r.kind != "" && len(p.names[r.fold]) > 0 })
}

func (p *atlas) isProvince(name string) bool {
	return p.oldProvinces[name] != "" || slices.ContainsFunc(p.provinces, func(v Province) bool { return Words(v.Name) == name })
}

// Find is for Places.Find.
func (p *atlas) Find(a Address, here string, era Era) Found {
	a, old := p.apart(a)
	a.Name = strings.TrimPrefix(a.Name, "'")
	r := p.reach(a, here, era)
	if shortCode.MatchString(a.Name) {
		return p.coded(strings.Repeat("0", 5-len(a.Name))+a.Name, r)
	}
	all := readings(a.Name)
	units := p.bearing(all)
	near := p.within(units, r)
	if under := p.district(a.Under, here); len(under) > 0 && r.district == nil && len(near) > 1 {
		heading := r
		heading.district = under
		if below := p.within(units, heading); len(below) > 0 {
			near, r = below, heading
		}
	}
	if len(near) > 0 {
		if old {
			era.New = false
		}
		return p.choose(near, old || r.district != nil, era)
	}
	if named := p.mistaken(all, r); len(named.Maybe) > 0 || named.Named {
		return named
	}
	found := Found{Maybe: p.nearest(all, r)}
	if r.district != nil {
		found.Lacks = a.District
		for _, u := range units { // elsewhere in the province
			if p.holds(reach{here: r.here}, u) {
				found.Maybe = p.add(found.Maybe, u)
			}
		}
		if len(found.Maybe) < MostSuggestions {
			found.Maybe = p.join(found.Maybe, p.nearest(all, reach{here: r.here}))
		}
	}
	return found
}

// mistaken finds who has the very name but is a phường where a xã was said, or the other way: many became phường in
// 2025. It is certain where nobody else within reach has or had the name.
func (p *atlas) mistaken(all []reading, r reach) Found {
	var plain []reading
	for _, said := range all {
		if said.kind == Xa || said.kind == Phuong {
			plain = append(plain, reading{said.fold, said.spelling, ""})
		}
	}
	var communes []Commune
	now := false
	for _, u := range p.within(p.bearing(plain), r) {
		communes, now = p.add(communes, u), now || u.former == nil
	}
	if len(communes) == 1 && now {
		return Found{Commune: communes[0], Named: true, Kind: true}
	}
	return Found{Maybe: communes, Kind: true}
}

// within are the units in reach.
func (p *atlas) within(units []unit, r reach) []unit {
	return slices.DeleteFunc(slices.Clone(units), func(u unit) bool { return !p.holds(r, u) })
}

func (p *atlas) reach(a Address, here string, era Era) reach {
	r := reach{here: here}
	var named []string // provinces of now
	for _, text := range addressParts.Split(a.Province, -1) {
		if r.province = p.oldProvince(text, era.OldProvinces && !era.New); r.province != "" {
			named = nil
			break
		}
		text, _ = timeless(text)
		if v, ok := p.MatchProvince(Present, text); ok {
			named = append(named, v.Code)
		}
	}
	switch {
	case len(named) > 0 && here == "":
		r.here = named[0]
	case len(named) > 0:
		r.away = !slices.Contains(named, here)
	}
	if a.District != "" {
		if in := p.district(a.District, here); len(in) > 0 {
			r.district = in
		} else if len(p.district(a.District, "")) > 0 { // of another province
			r.district = map[string]bool{}
		}
	}
	return r
}

// coded finds a commune by its code or by that of a unit that is no more. Most codes of now are of before too, and mean
// the same land.
func (p *atlas) coded(code string, r reach) Found {
	c, ok := p.byCode[code]
	i := slices.IndexFunc(p.formers, func(f Former) bool { return f.Code == code })
	old := i >= 0 && (!ok || r.district != nil && len(p.formers[i].Now) > 1)
	switch {
	case old && p.holds(r, unit{former: &p.formers[i]}):
		return p.choose([]unit{{former: &p.formers[i]}}, true, Era{})
	case !old && ok && (r.here == "" || c.Province == r.here):
		return Found{Commune: c, Named: true}
	}
	return Found{}
}

// choose decides between units of one name. In a district that was told a former unit is meant: there are no districts
// now. Only a list that also has names of now may mean the commune.
func (p *atlas) choose(units []unit, district bool, era Era) Found {
	var now, then []Commune
	var formers []Former
	for _, u := range units {
		if u.former == nil {
			now = p.add(now, u)
		} else {
			then = p.add(then, u)
			formers = append(formers, *u.former)
		}
	}
	all := p.join(now, then)
	switch {
	case district && len(then) > 0 && !era.New:
		all = then
	case len(now) == 1 && era.New && !era.Old && !era.OldProvinces:
		all = now
	}
	found := Found{Maybe: all, Named: true}
	// one unit is named, or several with the same land
	one := len(formers) > 0 && !slices.ContainsFunc(formers, func(f Former) bool { return len(f.Now) != len(then) })
	if one {
		found.Former = formers[0]
	}
	if len(all) > 1 {
		found.Split = one && len(all) == len(then)
		return found
	}
	found.Commune, found.Maybe = all[0], nil
	if slices.ContainsFunc(now, func(c Commune) bool { return c.Code == found.Commune.Code }) { // it is called so
		found.Former = Former{}
	}
	return found
}

// add adds the communes that a unit is now.
func (p *atlas) add(to []Commune, u unit) []Commune {
	if u.former == nil {
		return p.join(to, []Commune{u.commune})
	}
	for _, code := range u.former.Now {
		to = p.join(to, []Commune{p.byCode[code]})
	}
	return to
}

// join adds communes that are not there yet.
func (p *atlas) join(to, more []Commune) []Commune {
	for _, c := range more {
		if !slices.ContainsFunc(to, func(o Commune) bool { return o.Code == c.Code }) {
			to = append(to, c)
		}
	}
	return to
}

const MostSuggestions = 3

// nearest finds the communes that have or had a name that differs from a reading by few letters: one in four at most.
func (p *atlas) nearest(all []reading, r reach) []Commune {
	type near struct {
		unit
		distance int
	}
	var found []near
	for _, u := range p.units {
		best := -1
		for _, name := range all {
			if d, ok := Distance(name.fold, u.fold, max(1, len(u.fold)/4)); ok && (best < 0 || d < best) {
				best = d
			}
		}
		if best >= 0 && p.holds(r, u) {
			found = append(found, near{u, best})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var communes []Commune
	for _, n := range found {
		communes = p.add(communes, n.unit)
	}
	return communes[:min(MostSuggestions, len(communes))]
}

// EraOf says of what time the names of a list of the province are.
func (p *atlas) EraOf(here string, list []Address) Era {
	var era Era
	for _, a := range list {
		a, _ = p.apart(a)
		old, _ := bare(a.Province, provinceKinds)
		if strings.ContainsFunc(old, unicode.IsLetter) && p.oldProvince(old, false) != "" {
			era.OldProvinces = true
		}
		if shortCode.MatchString(a.Name) {
			continue
		}
		then, now := false, false
		for _, u := range p.bearing(readings(a.Name)) {
			if p.holds(reach{here: here}, u) {
				then, now = then || u.former != nil, now || u.former == nil
			}
		}
		era.Old, era.New = era.Old || then && !now, era.New || now && !then
	}
	return era
}

// Of says whether a text names the province, of now or of before, in which a commune lies, and whether it names one at
// all. A code is one of now.
func (p *atlas) Of(c Commune, text string) (lies, known bool) {
	for _, part := range addressParts.Split(text, -1) {
		part, _ = timeless(strings.TrimSpace(part))
		if v, ok := p.MatchProvince(Present, part); ok {
			lies, known = lies || v.Code == c.Province, true
		}
		name, _ := bare(part, provinceKinds)
		if old, ok := p.oldProvinces[name]; ok {
			known = true
			lies = lies || slices.ContainsFunc(p.land[c.Code], func(f *Former) bool { return f.Province == old })
		}
	}
	if !known { // "HG" of somebody in Hà Giang
		now, _ := p.Province(Present, c.Province)
		lies = initials(text, now.Name) || slices.ContainsFunc(p.land[c.Code], func(f *Former) bool { return initials(text, f.ProvinceName) })
		known = lies
	}
	return lies, known
}

// initials says whether a text is the first letters of the words of a name.
func initials(text, name string) bool {
	var first strings.Builder
	for _, w := range strings.Fields(Words(name)) {
		first.WriteByte(w[0])
	}
	return first.Len() > 1 && strings.ReplaceAll(Words(text), " ", "") == first.String()
}
