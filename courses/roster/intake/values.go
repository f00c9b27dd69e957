package intake

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lopban/courses/letters"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/cell"
	"lopban/courses/workbook"
)

// warn says a word about a cell of a row that is taken all the same.
func (j *judge) warn(row *ImportRow, code string, f Field, suggestions []string, args ...string) {
	row.Warnings = append(row.Warnings, RowProblem{Code: code, Field: f, Column: j.im.column(row, f), Value: shorten(row.value(f)), Suggestions: suggestions, Args: args})
}

// value is a cell as typed; of a name all of it.
func (row *ImportRow) value(f Field) string {
	if f == FieldName {
		return row.typedName()
	}
	return row.Cells[f]
}

// column is the letter of the column of the row's sheet that holds the field, "" where there is none.
func (im *Import) column(row *ImportRow, f Field) string {
	if row.Sheet >= len(im.Sheets) {
		return ""
	}
	columns := im.Sheets[row.Sheet].Columns
	if f == FieldName && !hasField(columns, f) {
		f = FieldFamily
	}
	return column(columns, f)
}

var (
	errorCell = regexp.MustCompile(`(?i)^(#(N/?A|REF|VALUE|NAME|DIV/0|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|GETTING_DATA)[!?]?|err:\d+|#+)$`)
	none      = []string{"khong co", "chua co", "khong", "chua", "ko co", "ko", "k co", "k", "kg", "khong ro", "chua ro", "chua cap nhat", "khong xac dinh", "n a", "na", "none", "null", "nil", "x", "trong", "bo trong", "0", "00", "khong dung", "khong su dung"}
)

// noneBytes is more than any of none has with all its marks.
const noneBytes = 60

// isNone says whether a cell says in words that there is nothing: "không có", "-", "0".
func isNone(text string) bool {
	if len(text) > noneBytes { // most
		return false
	}
	words := roster.Words(text)
	return words == "" || slices.Contains(none, words)
}

// clear empties cells that say nothing or hold a spreadsheet's error, with a word; what the person cannot do without is
// then missing.
func (j *judge) clear(row *ImportRow) {
	for _, f := range Fields {
		text, ok := row.Cells[f]
		switch {
		case !ok:
			continue
		case strings.ContainsAny(text[:min(1, len(text))], "#eE") && errorCell.MatchString(text):
			j.warn(row, "cell.error", f, nil, text)
		case f != FieldName && f != FieldFamily && f != FieldGiven && isNone(text):
			j.warn(row, "cell.none", f, nil, text)
		default:
			continue
		}
		row.blank = append(row.blank, f)
	}
}

// read is what a cell says, "" for one that was cleared.
func (row *ImportRow) read(f Field) string {
	if slices.Contains(row.blank, f) {
		return ""
	}
	return row.Cells[f]
}

// read fills the row's entry from its cells.
func (j *judge) read(row *ImportRow) {
	j.clear(row)
	if row.Waits {
		j.problem(row, "sheet.hidden", "", nil, j.im.Sheets[row.Sheet].Name)
	}
	j.readName(row)
	j.readPhone(row)
	row.Entry.Post, row.Entry.Library = j.readText(row, FieldPost), j.readText(row, FieldLibrary)
	if row.Entry.Library == "" {
		row.Entry.Library = j.readText(row, FieldUnit)
	}
	j.readUnitInPost(row)
	j.readKind(row)
	j.readCommune(row)
	j.readStart(row)
	j.readEnd(row)
	if !row.End.IsZero() && row.End.Before(row.Entry.On) {
		j.problem(row, "date.before-start", FieldEnd, nil, shown(row.End), shown(row.Entry.On))
	}
}

var glued = regexp.MustCompile(`(\p{Ll}{2,})(\p{Lu}\p{Ll})`)

// addressing says whether people of the file are called Ông or Bà: two rows at least.
func addressing(rows []ImportRow) bool {
	n := 0
	for i := range rows {
		first, _, _ := strings.Cut(strings.ToLower(rows[i].typedName()), " ")
		if first = strings.Trim(first, ".:"); first == "ông" || first == "bà" {
			n++
		}
	}
	return n > 1
}

// unmarkedWords are words of names that are hardly ever without marks in Vietnamese.
var unmarkedWords = []string{"nguyen", "tran", "pham", "thi", "van", "duong", "dang", "luong", "trieu", "quach", "truong", "vuong", "duc", "dinh", "hoang", "phuong", "huong"}

// nobody refuses what is no name of one person: a post, a word for nobody, two people, or a text in an old code among
// others that are not.
func (j *judge) nobody(row *ImportRow, text, clean string) bool {
	switch sort := cell.SortOf(clean); sort {
	case cell.Empty, cell.Post, cell.Two:
		j.problem(row, "name."+string(sort), FieldName, nil)
	default:
		codes, _ := letters.Told([]string{clean})
		if len(codes) == 0 || letters.Better(codes[0], clean) < len(strings.Fields(clean))/2 {
			return false
		}
		var suggestions []string
		if name, err := roster.Name(letters.Decode(codes[0], clean)); err == nil && row.Cells[FieldName] != "" {
			suggestions = append(suggestions, name)
		}
		j.problem(row, "name.coded", FieldName, suggestions)
	}
	return true
}

func (j *judge) readName(row *ImportRow) {
	text := row.typedName()
	if slices.Contains(row.blank, FieldName) || slices.Contains(row.blank, FieldFamily) || slices.Contains(row.blank, FieldGiven) {
		text = ""
	}
	if text == "" && row.Cells[FieldCode] != "" {
		return
	}
	clean, taken := cell.Name(text, j.addressed)
	if j.nobody(row, text, clean) {
		return
	}
	parted := clean
	if clean != strings.ToUpper(clean) {
		parted = glued.ReplaceAllString(clean, "$1 $2")
	}
	name, err := roster.Name(parted)
	row.Entry.Name = name
	if err != nil {
		j.refuse(row, FieldName, err)
		return
	}
	if parted != clean {
		j.warn(row, "name.parted", FieldName, nil, name)
	}
	if len(taken) > 0 {
		j.warn(row, "name.cleaned", FieldName, nil, strings.Join(taken, ", "), name)
	}
	words := strings.Fields(strings.ToLower(clean))
	if letters.Unmarked(clean) && len(words) > 1 && (clean == strings.ToUpper(clean) || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(unmarkedWords, w) })) {
		j.warn(row, "name.unmarked", FieldName, nil, name)
	}
}

var (
	phoneParts = regexp.MustCompile(`\s*(?:[/;,\n|&+]|\s-\s|\bhoặc\b|\bvà\b|\bor\b|\bhay\b)\s*`)
	phoneText  = regexp.MustCompile(`(?:\+?84|0)?[0-9](?:[ .()–-]{0,2}[0-9]){7,10}`)
	digitsOnly = regexp.MustCompile(`[^0-9]`)
	thousands  = regexp.MustCompile(`\b(0?[1-9][0-9]{2}),([0-9]{3}),([0-9]{3})(?:\.0+)?\b`) // of a number's format
)

// readPhone takes the number in the cell, of several the first mobile one; a number that is none is left out.
func (j *judge) readPhone(row *ImportRow) {
	text := thousands.ReplaceAllString(phoneSigns(row.read(FieldPhone)), "$1$2$3")
	phone, err := roster.PhoneOrNone(text)
	if err == nil {
		row.Entry.Phone = phone
		if phone != "" && renumbered(text, phone) {
			j.warn(row, "phone.renumbered", FieldPhone, nil, text, phone)
		}
		return
	}
	var found []string
	for _, part := range slices.Concat(phoneParts.Split(text, -1), phoneText.FindAllString(text, -1)) {
		if n, err := roster.Phone(part); err == nil && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	if len(found) == 0 {
		found = spaced(text)
	}
	if len(found) == 0 {
		j.warn(row, "phone.left", FieldPhone, nil)
		return
	}
	at := max(0, slices.IndexFunc(found, roster.IsMobile))
	row.Entry.Phone = found[at]
	if others := slices.Delete(slices.Clone(found), at, at+1); len(others) > 0 {
		j.warn(row, "phone.first", FieldPhone, others, found[at], strings.Join(others, ", "))
	} else {
		j.warn(row, "phone.cleaned", FieldPhone, nil, text, found[at])
	}
}

var otherDigits = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9", "·", ".", "•", ".", "_", " ")

// phoneSigns is a number in the digits of ASCII, with the letter o that was typed for a nought.
func phoneSigns(text string) string {
	if strings.Trim(text, "0123456789") == "" { // most
		return text
	}
	text = otherDigits.Replace(text)
	letter := func(r rune) bool { return unicode.IsLetter(r) }
	if strings.IndexFunc(strings.NewReplacer("O", "", "o", "").Replace(text), letter) < 0 && strings.ContainsAny(text, "0123456789") {
		text = strings.NewReplacer("O", "0", "o", "0").Replace(text)
	}
	return roster.Clean(text)
}

// spaced are the numbers of a text with nothing but spaces between them.
func spaced(text string) []string {
	var found []string
	var digits string
	for _, part := range strings.Fields(text) {
		digits += part
		if n, err := roster.Phone(digits); err == nil {
			found, digits = append(found, n), ""
		}
	}
	if digits != "" { // something else is between them
		return nil
	}
	return found
}

// renumbered says whether a number was typed with its eleven digits of before 2018.
func renumbered(typed, phone string) bool {
	if !roster.IsMobile(phone) {
		return false
	}
	digits := digitsOnly.ReplaceAllString(typed, "")
	return len(digits) >= 7 && digits[len(digits)-7:] == phone[3:] && !strings.HasSuffix(digits, phone[1:])
}

// share leaves out a mobile number that rows of several people have: it is an office's, and whose it is cannot be
// known.
func (j *judge) share() {
	names := map[string]map[string]bool{}
	for i := range j.im.Rows {
		row := &j.im.Rows[i]
		if roster.IsMobile(row.Entry.Phone) && row.Entry.Name != "" && row.Cells[FieldCode] == "" {
			if names[row.Entry.Phone] == nil {
				names[row.Entry.Phone] = map[string]bool{}
			}
			names[row.Entry.Phone][roster.Fold(row.Entry.Name)] = true
		}
	}
	for i := range j.im.Rows {
		row := &j.im.Rows[i]
		if n := len(names[row.Entry.Phone]); n > 1 {
			j.warn(row, "phone.shared", FieldPhone, nil, row.Entry.Phone, strconv.Itoa(n))
			row.Entry.Phone = ""
		}
	}
}

// readText is a text in letters that paper prints. A post that cannot be printed is left out; a library is refused,
// since nobody can be without one.
func (j *judge) readText(row *ImportRow, f Field) string {
	typed := row.read(f)
	if utf8.RuneCountInString(typed) > roster.TextLetters {
		j.problem(row, "text.long", f, nil, strconv.Itoa(roster.TextLetters))
		return typed
	}
	text, err := roster.Printed(string(f), typed)
	var p *problem.Problem
	switch {
	case errors.As(err, &p) && f == FieldPost:
		j.warn(row, "text.left", f, nil, words(p.Args)...)
		return ""
	case errors.As(err, &p):
		j.problem(row, p.Code, f, nil, words(p.Args)...)
	case text != typed:
		j.warn(row, "text.mended", f, nil, text)
	}
	return text
}

// readUnitInPost divides a post that names where it is held, in a list that has no column for that.
func (j *judge) readUnitInPost(row *ImportRow) {
	_, library := row.Cells[FieldLibrary]
	_, unit := row.Cells[FieldUnit]
	post, there, ok := cell.UnitBehind(row.Entry.Post)
	if library || unit || !ok {
		return
	}
	row.Entry.Post, row.Entry.Library = post, there
	j.warn(row, "library.from", FieldPost, nil, there)
}

func words(args []any) []string {
	var all []string
	for _, a := range args {
		if s, ok := a.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

func (j *judge) readKind(row *ImportRow) {
	text := row.read(FieldKind)
	if text == "" {
		return
	}
	kind, known := j.kinds[text] // files repeat them
	if !known {
		kind, _ = roster.LibraryKind(text)
		j.kinds[text] = kind
	}
	if kind == "" {
		j.warn(row, "kind.left", FieldKind, nil, text)
	}
	row.Entry.Kind = kind
}

// readStart reads the day on which the post began. What is no day is left out, with what may be meant; a day to come is
// of somebody who does not hold the post yet.
func (j *judge) readStart(row *ImportRow) {
	text := row.read(FieldStart)
	if text == "" {
		return
	}
	day, ok, suggestion := readDate(text)
	switch {
	case !ok && suggestion != "":
		j.warn(row, "date.form", FieldStart, []string{suggestion})
	case !ok:
		j.warn(row, "date.form", FieldStart, nil)
	case day.Before(roster.FirstDay):
		j.warn(row, "date.early", FieldStart, nil)
	case day.After(j.im.Day.AddDate(1, 0, 0)): // a slip of the pen, and not of somebody who is to come
		j.warn(row, "date.future", FieldStart, nil)
	case day.After(j.im.Day):
		j.problem(row, "date.future", FieldStart, nil)
	default:
		row.Entry.On, row.dated = day, true
	}
}

// readEnd reads the day on which the post was left. Unlike a start it cannot be left out: it decides whether the person
// counts.
func (j *judge) readEnd(row *ImportRow) {
	text := row.read(FieldEnd)
	if text == "" {
		return
	}
	day, ok, suggestion := readDate(text)
	switch {
	case !ok && suggestion != "":
		j.problem(row, "date.form", FieldEnd, []string{suggestion})
	case !ok:
		j.problem(row, "date.form", FieldEnd, nil)
	case day.Before(roster.FirstDay):
		j.problem(row, "date.early", FieldEnd, nil)
	case day.After(j.im.Day):
		j.warn(row, "date.leaves-later", FieldEnd, nil, shown(day))
	default:
		row.End = day
	}
}

var (
	isoDate    = regexp.MustCompile(`^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})([T ][0-9:.]+Z?)?$`)
	dayFirst   = regexp.MustCompile(`^([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{4})( [0-9:]+)?$`)
	dayWords   = regexp.MustCompile(`^(?:ngay )?([0-9]{1,2}) thang ([0-9]{1,2}) nam ([0-9]{4})$`)
	shortYear  = regexp.MustCompile(`^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{2})$`)
	monthYear  = regexp.MustCompile(`^(?:thang |t ?)?([0-9]{1,2}) (?:nam )?([0-9]{4})$`)
	yearMonth  = regexp.MustCompile(`^([0-9]{4}) ([0-9]{1,2})$`)
	shortMonth = regexp.MustCompile(`^(?:thang |t ?)?([0-9]{1,2}) (?:nam )?([0-9]{2})$`)
	yearOnly   = regexp.MustCompile(`^(?:nam |dau nam )?(19[5-9][0-9]|20[0-9]{2})$`)
	// year, month, day; or day, month, year
	eightDigits = regexp.MustCompile(`^(?:((?:19|20)[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])|([0-3][0-9])(0[1-9]|1[0-2])((?:19|20)[0-9]{2}))$`)
	withinText  = regexp.MustCompile(`\b([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{4})\b`)
	monthNames  = strings.NewReplacer(" thg ", " thang ", " jan ", " 1 ", " feb ", " 2 ", " mar ", " 3 ", " apr ", " 4 ", " may ", " 5 ", " jun ", " 6 ", " jul ", " 7 ", " aug ", " 8 ", " sep ", " 9 ", " oct ", " 10 ", " nov ", " 11 ", " dec ", " 12 ",
		" thang mot ", " thang 1 ", " thang gieng ", " thang 1 ", " thang hai ", " thang 2 ", " thang ba ", " thang 3 ", " thang tu ", " thang 4 ", " thang nam ", " thang 5 ", " thang sau ", " thang 6 ", " thang bay ", " thang 7 ", " thang tam ", " thang 8 ",
		" thang chin ", " thang 9 ", " thang muoi ", " thang 10 ", " thang chap ", " thang 12 ")
	spokenDay = regexp.MustCompile(`^(?:ngay )?([0-9]{1,2}) (?:thang )?([0-9]{1,2}) (?:nam )?([0-9]{4}|[0-9]{2})$`)
	quarter   = regexp.MustCompile(`^quy ([1-4]|i|ii|iii|iv) (?:nam )?([0-9]{4})$`)
	around    = regexp.MustCompile(`^(tu |bat dau |tu ngay |tu thang |tu nam |khoang )*(.*?)( den nay| toi nay| den| nay)?$`)
)

// readDate reads dd/mm/yyyy, "ngày 5 tháng 3 năm 2019", yyyy-mm-dd and the serial days of a spreadsheet. For what is
// none of these but tells a month or a year it has a suggestion, the first day of it.
func readDate(s string) (date time.Time, ok bool, suggestion string) {
	if workbook.Serial.MatchString(s) {
		days, err := strconv.ParseFloat(s, 64)
		return workbook.SerialDate(days, false), err == nil, ""
	}
	if date, suggestion, ok := isoDay(s); ok || suggestion != "" || isoDate.MatchString(s) {
		return date, ok, suggestion
	}
	if m := dayFirst.FindStringSubmatch(s); m != nil {
		if date, ok := calendarDay(m[3], m[2], m[1]); ok {
			return date, true, ""
		}
		return suggestDay(m[3], m[1], m[2])
	}
	if m := shortYear.FindStringSubmatch(s); m != nil {
		return suggestDay(century(m[3]), m[2], m[1])
	}
	if m := eightDigits.FindStringSubmatch(s); m != nil {
		return suggestDay(m[1]+m[6], m[2]+m[5], m[3]+m[4])
	}
	if all := withinText.FindAllStringSubmatch(s, 2); len(all) == 1 && all[0][0] != s {
		return suggestDay(all[0][3], all[0][2], all[0][1])
	}
	words := monthNames.Replace(" " + roster.Words(strings.TrimSuffix(s, ".0")) + " ")
	words = strings.Join(strings.Fields(words), " ")
	if m := dayWords.FindStringSubmatch(words); m != nil {
		date, ok := calendarDay(m[3], m[2], m[1])
		return date, ok, ""
	}
	words = around.FindStringSubmatch(words)[2]
	if m := spokenDay.FindStringSubmatch(words); m != nil {
		year := m[3]
		if len(year) == 2 {
			year = century(year)
		}
		return suggestDay(year, m[2], m[1])
	}
	if m := dayFirst.FindStringSubmatch(strings.ReplaceAll(words, " ", "/")); m != nil {
		return suggestDay(m[3], m[2], m[1])
	}
	if m := monthYear.FindStringSubmatch(words); m != nil {
		return suggestDay(m[2], m[1], "1")
	}
	if m := yearMonth.FindStringSubmatch(words); m != nil {
		return suggestDay(m[1], m[2], "1")
	}
	if m := yearOnly.FindStringSubmatch(words); m != nil {
		return suggestDay(m[1], "1", "1")
	}
	if m := quarter.FindStringSubmatch(words); m != nil {
		n := strings.Index("i   ii  iii iv  1   2   3   4   ", m[1]+" ") / 4 % 4
		return suggestDay(m[2], strconv.Itoa(3*n+1), "1")
	}
	if m := shortMonth.FindStringSubmatch(words); m != nil {
		return suggestDay(century(m[2]), m[1], "1")
	}
	return time.Time{}, false, ""
}

// century writes a year of two digits in four: up to 49 of this century.
func century(year string) string {
	if year >= "50" {
		return "19" + year
	}
	return "20" + year
}

func isoDay(s string) (date time.Time, suggestion string, ok bool) {
	m := isoDate.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, "", false
	}
	date, ok = calendarDay(m[1], m[2], m[3])
	return date, "", ok
}

func suggestDay(year, month, day string) (time.Time, bool, string) {
	date, ok := calendarDay(year, month, day)
	if !ok {
		return time.Time{}, false, ""
	}
	return time.Time{}, false, shown(date)
}

func calendarDay(year, month, day string) (time.Time, bool) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return date, date.Day() == d && int(date.Month()) == m
}

// readCommune finds the commune by its code and name, which must agree, and checks that it is of the importer's
// province. A row without either is of the commune that its library or unit names, if one does.
func (j *judge) readCommune(row *ImportRow) {
	code, name := row.read(FieldCommuneCode), unoffice(row.read(FieldCommune))
	if code == "" && name == "" {
		j.communeByName(row)
		return
	}
	field, text := FieldCommuneCode, code
	if code == "" {
		field, text = FieldCommune, name
	}
	c, ok := j.chosen(text)
	if !ok && code == "" && !placeWord.MatchString(text) && j.nowhere(row.address(text)) {
		if j.communeByName(row); row.Entry.Commune != "" || row.unsure.Named {
			return
		}
	}
	if !ok {
		c, ok = j.match(row, field, text)
	}
	if !ok {
		return
	}
	if code != "" && name != "" && !j.mayBeNamed(c, row.address(name)) {
		j.problem(row, "commune.disagree", FieldCommune, []string{named(c)}, code)
		return
	}
	if j.ofProvince(row, c) {
		row.Entry.Commune = c.Code
	}
}

// nowhere says whether an address names no place and nothing like one: it is a street, or a part of a town.
func (j *judge) nowhere(a roster.Address) bool {
	here := j.found(a, j.im.Province)
	return !here.Named && len(here.Maybe) == 0 && !j.found(a, "").Named
}

// chosen is a commune as it is written in lists to choose from, where it is certain whatever else the row says.
func (j *judge) chosen(text string) (roster.Commune, bool) {
	m := codeBehind.FindStringSubmatch(text)
	if m == nil {
		return roster.Commune{}, false
	}
	c, ok := j.roll.Places.Commune(m[1])
	return c, ok && c.Province == j.im.Province
}

var office = regexp.MustCompile(`(?i)^(ubnd|uỷ ban nhân dân|ủy ban nhân dân|đảng ủy|đảng uỷ|hđnd|hội đồng nhân dân)\s+`)

var codeBehind = regexp.MustCompile(`\(([0-9]{5})\)$`)

// unoffice is a commune without the office that leads it: "UBND xã Lũng Cú" is in xã Lũng Cú.
func unoffice(text string) string {
	if m := nowIs.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	return strings.TrimSpace(office.ReplaceAllString(text, ""))
}

// nowIs is what a text says that a unit of before is now.
var nowIs = regexp.MustCompile(`(?i)^[^(]+[\s,;:–-]nay (?:là|thuộc|đổi thành)\s+(.+?)$`)

// communeByName takes the commune from the name of the library, the unit or the post, where one is named in full.
func (j *judge) communeByName(row *ImportRow) {
	for _, f := range []Field{FieldLibrary, FieldUnit, FieldPost} {
		found := j.placeIn(row.read(f), row.address(""))
		if c := found.Commune; c.Code != "" {
			if j.ofProvince(row, c) {
				row.Entry.Commune = c.Code
				j.warn(row, "commune.from", f, nil, c.Title())
				j.successor(row, f, found)
			}
			return
		}
		if found.Named {
			row.unsure = found
			return
		}
	}
}

// placeIn is the place that a text names, remembered.
func (j *judge) placeIn(text string, in roster.Address) roster.Found {
	in.Name = text
	key := placeKey{in, "in " + j.im.Province}
	found, ok := j.places[key]
	if !ok {
		found = placeIn(j.roll.Places, text, in, j.im.Province, j.era)
		j.places[key] = found
	}
	return found
}

var placeWord = regexp.MustCompile(`(?i)(^|[\s,.(–-])(xã|phường|thị trấn|tt|vhx|x|p)(?:\.\s*|\s+)`)

// placeIn is the one commune of the province that a text names after "xã", "phường" or "thị trấn", in what else is
// known of where it is; of none, or of more, nothing is found.
func placeIn(places *roster.Places, text string, in roster.Address, province string, era roster.Era) roster.Found {
	var found roster.Found
	for _, at := range placeWord.FindAllStringSubmatchIndex(text, -1) {
		kind, rest := text[at[4]:at[5]], text[at[1]:]
		if strings.EqualFold(kind, "vhx") {
			kind = ""
		}
		one := placeBegins(places, kind, rest, in, province, era)
		switch {
		case !one.Named:
		case found.Named && (one.Commune.Code != found.Commune.Code || one.Commune.Code == ""):
			return roster.Found{}
		default:
			found = one
		}
	}
	return found
}

// placeBegins is the place whose name a text begins with, of several the longest; the district may follow it.
func placeBegins(places *roster.Places, kind, text string, in roster.Address, province string, era roster.Era) roster.Found {
	name, after, _ := strings.Cut(text, ",")
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == ')' || r == ';' })
	for n := min(len(words), 5); n > 0; n-- {
		a := in
		a.Name = strings.Join([]string{strings.TrimSpace(kind + " " + strings.Join(words[:n], " ")), districtAt(places, words[n:]), after}, ", ")
		if found := places.Find(a, province, era); found.Named {
			return found
		}
	}
	return roster.Found{}
}

// districtAt is the district, with its kind, that words begin with; "" for none.
func districtAt(places *roster.Places, words []string) string {
	for n := min(len(words), 5); n > 1; n-- {
		if text := strings.Join(words[:n], " "); places.IsDistrict(text) {
			return text
		}
	}
	return ""
}
