// Package cell reads what offices write into single cells of their lists.
package cell

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	bracketed = regexp.MustCompile(`\s*[(\[][^)\]]*[)\]]?`)
	yearAfter = regexp.MustCompile(`[\s,;–-]+(sn|s\.n|sinh|sinh năm|năm sinh)?\s*[.:]?\s*(19[3-9][0-9]|20[0-2][0-9])$`)
	honorific = regexp.MustCompile(`(?i)^((bs\.?\s?ck\s?(i+|[12])|nhà giáo|nsnd|th\.\s?s|pgs|gs|ts|ths|thạc sĩ|thạc sỹ|tiến sĩ|tiến sỹ|cn|cử nhân|ks|kỹ sư|bs|bác sĩ|đ/c|đ\.c|đồng chí|nsưt|nghệ nhân|(cô|thầy) giáo|giáo viên)[.:]?\s+|(thủ thư|cán bộ|nhân viên)\s*:\s*|(pgs|gs|ts|ths|cn|ks|bs|đ/c|đc)\.\s*|(bà|ông|anh|chị|cô|thầy|chú|mr|mrs|ms)[.:]?\s+|(bà|ông)[.:]\s*)`)
	behind    = regexp.MustCompile(`(\s+[-–—]\s*\S.*|[-–—]\s+\S.*|\s*[*†]+)$`) // a post or a note
	two       = regexp.MustCompile(`\S \S+( (và|&|\+) |\s*[,;/]\s*)\S+ \S`)    // Và is a family name too
	posts     = regexp.MustCompile(`^(trưởng thôn|phó thôn|trưởng bản|trưởng xóm|trưởng ban|phó ban|trưởng phòng|phó phòng|hiệu trưởng|hiệu phó|giám đốc|phó giám đốc|chủ tịch|phó chủ tịch|bí thư|phó bí thư|công chức|viên chức|cán bộ|nhân viên|thủ thư|kế toán|văn thư)( |$)`)
	vacant    = regexp.MustCompile(`^((đang |còn )?(khuyết|trống)|không( có)?|chưa|vacant|n/a|(chưa (có|bố trí|phân công|tuyển|cử)|đang tuyển|không có)( người| cán bộ| ai| được)?)$`)
	running   = regexp.MustCompile(`^[0-9]{1,3}\s*[.)/-]\s*`)
)

// Name takes off a name what is none of it: running numbers, titles, what stands in brackets, a year of birth. It
// gives back what it took. "Ông" may be a family name ("Ông Cao Thắng"): it is a title before three words, or where
// others of the file have titles too.
func Name(text string, addressed bool) (name string, taken []string) {
	take := func(s string) { taken = append(taken, strings.Trim(s, " ,;/.–-")) }
	name, signs := unsigned(text)
	if signs != "" {
		taken = append(taken, signs)
	}
	if m := running.FindString(name); m != "" {
		take(m)
		name = name[len(m):]
	}
	if strings.ContainsAny(name, "([") {
		if rest := strings.TrimSpace(bracketed.ReplaceAllString(name, "")); rest != "" {
			take(bracketed.FindString(name))
			name = rest
		}
	}
	if strings.ContainsAny(name, "-–—*†") {
		if m := behind.FindString(name); m != "" && len(strings.Fields(name[:len(name)-len(m)])) > 1 {
			take(m)
			name = name[:len(name)-len(m)]
		}
	}
	if at := strings.IndexAny(name, ",;/"); at > 0 && posts.MatchString(strings.ToLower(strings.TrimSpace(name[at+1:]))) {
		take(name[at:])
		name = name[:at]
	}
	if strings.ContainsAny(name, "0123456789") {
		if m := yearAfter.FindString(strings.ToLower(name)); m != "" {
			name = strings.TrimSpace(name[:len(name)-len(m)]) // what it says of a birth is not shown again
			taken = append(taken, "năm sinh")
		}
	}
	for {
		m := honorific.FindString(name)
		rest := name[len(m):]
		words := len(strings.Fields(rest))
		if m == "" || words < 2 {
			break
		}
		if title := strings.ToLower(strings.Trim(m, " .:")); (title == "ông" || title == "cô" || title == "bà") && words < 3 && !addressed && !strings.ContainsAny(m, ".:") {
			break
		}
		take(m)
		name = rest
	}
	return strings.Trim(name, " ,;"), taken
}

// unsigned is a name without the signs of a list around it, with spaces for those between its words, and the signs. A
// text of signs alone is left, and so is what begins like a formula.
func unsigned(text string) (name, signs string) {
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }
	if strings.IndexFunc(text, func(r rune) bool { return r != ' ' && !letter(r) }) < 0 || strings.IndexFunc(text, letter) < 0 {
		return text, "" // most
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("_•·∙", r) || unicode.In(r, unicode.So, unicode.Co) {
			return ' '
		}
		return r
	}, text)
	stray := func(r rune) bool { return !letter(r) && !strings.ContainsRune("()[]'’ʼ=@", r) }
	name = strings.Join(strings.Fields(strings.TrimFunc(name, stray)), " ")
	signs = strings.Map(func(r rune) rune {
		if letter(r) || strings.ContainsRune(name+" ,;", r) {
			return -1
		}
		return r
	}, text)
	return name, signs
}

// Sort is what stands in a cell of names that is no name of one person.
type Sort string

const (
	Empty Sort = "empty" // a word for nobody
	Post  Sort = "post"
	Two   Sort = "two" // people
)

// SortOf tells what a cell of names holds, "" for a name.
func SortOf(clean string) Sort {
	small := strings.ToLower(clean)
	switch {
	case vacant.MatchString(small):
		return Empty
	case posts.MatchString(small):
		return Post
	case strings.ContainsAny(clean, "vV&+,;/") && two.MatchString(clean), twoInARow(strings.Fields(small)):
		return Two
	}
	return ""
}

// twoInARow says whether a text is the names of two people, one behind the other, as of two lines of a cell: a family
// name begins again.
func twoInARow(words []string) bool {
	for i := 2; len(words) > 5 && i < len(words)-2; i++ {
		if words[i] == words[0] || (words[i+1] == "thị" || words[i+1] == "văn") && words[i] != "nữ" {
			return true
		}
	}
	return false
}

// unitBehind is a post and, behind it, where it is held.
var unitBehind = regexp.MustCompile(`(?is)^(.*?\S)(?:\s*[,;/\n]\s*|\s+[-–—]\s+|\s+(?:tại|ở|thuộc)\s+)((?:thư viện|ubnd|uỷ ban|ủy ban|hđnd|trường|nhà văn hoá|nhà văn hóa|trung tâm|phòng đọc|tủ sách|bưu điện|điểm bưu điện|đồn biên phòng|trạm)\s.*)$`)

// UnitBehind divides a post that names where it is held: "Thủ thư, Thư viện xã".
func UnitBehind(text string) (post, unit string, ok bool) {
	m := unitBehind.FindStringSubmatch(text)
	if m == nil {
		return text, "", false
	}
	return m[1], m[2], true
}
