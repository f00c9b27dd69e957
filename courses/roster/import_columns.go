package roster

import (
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Field is what a column of a spreadsheet holds.
type Field string

const (
	FieldCode        Field = "code" // of the person
	FieldName        Field = "name"
	FieldFamily      Field = "family" // family and middle names, where the given name has its own column
	FieldGiven       Field = "given"
	FieldPhone       Field = "phone"
	FieldPost        Field = "post"
	FieldLibrary     Field = "library"
	FieldKind        Field = "kind"
	FieldCommuneCode Field = "communeCode"
	FieldCommune     Field = "commune"
	FieldProvince    Field = "province"
	FieldStart       Field = "start"
	FieldEnd         Field = "end"
	fieldNumber      Field = "number" // running numbers, which say nothing
	fieldPrivate     Field = "private"
)

// titles are the folded words of column titles. A title that is not here is looked for again without what stands in brackets.
var titles = map[Field][]string{
	FieldCode: {"ma", "code", "id", "person code", "person id", "ma nguoi hoc", "ma hoc vien", "ma lop ban"},
	FieldName: {"ho va ten", "ho ten", "ho va ten can bo", "ho ten can bo", "ten can bo", "ho va ten nguoi lam cong tac thu vien", "ho ten nguoi lam cong tac thu vien", "ten nguoi lam cong tac thu vien", "ho va ten hoc vien",
		"full name", "name", "name of person", "fullname"},
	FieldFamily: {"ho va ten dem", "ho dem", "ho va dem", "ho ten dem", "ho", "family name", "last name", "surname"},
	FieldGiven:  {"ten", "given name", "first name"},
	FieldPhone: {"so dien thoai", "dien thoai", "sdt", "so dt", "dt", "dien thoai di dong", "so dien thoai di dong", "di dong", "dtdd", "dien thoai lien he", "so dien thoai lien he", "zalo", "so dien thoai zalo",
		"phone", "phone number", "telephone", "mobile", "mobile phone", "mobile number", "tel"},
	FieldPost: {"chuc vu", "chuc danh", "chuc vu chuc danh", "chuc danh chuc vu", "vi tri viec lam", "chuc vu vi tri viec lam", "vi tri", "position", "post", "job title", "job position", "title"},
	FieldLibrary: {"don vi cong tac", "don vi", "noi cong tac", "noi lam viec", "co quan", "co quan cong tac", "co quan don vi", "thu vien", "ten thu vien", "thu vien co so", "ten thiet che", "ten don vi",
		"library", "library name", "organisation", "organization", "workplace", "unit"},
	FieldKind:        {"loai thiet che", "loai thu vien", "loai hinh", "loai", "loai hinh thu vien", "mo hinh", "mo hinh thu vien", "mo hinh thu vien co so", "thiet che", "library kind", "kind", "kind of library", "library type", "type of library", "type"},
	FieldCommuneCode: {"ma xa", "ma xa phuong", "ma phuong xa", "ma don vi hanh chinh", "ma dvhc", "ma don vi hanh chinh cap xa", "ma dvhc cap xa", "ma phuong", "commune code", "ward code", "code of commune"},
	FieldCommune:     {"xa phuong", "phuong xa", "xa", "phuong", "ten xa", "ten xa phuong", "xa phuong thi tran", "don vi hanh chinh cap xa", "dia ban", "commune", "ward", "commune ward", "commune name", "commune or ward"},
	FieldProvince:    {"tinh", "tinh thanh pho", "tinh thanh", "ten tinh", "ma tinh", "province", "province code", "province name"},
	FieldStart: {"ngay bat dau", "tu ngay", "ngay nhan viec", "ngay nhan cong tac", "bat dau", "ngay bat dau lam viec", "ngay bat dau cong tac", "thoi gian bat dau", "ngay vao lam",
		"start date", "start", "since", "from", "started", "started on"},
	FieldEnd:    {"ngay nghi", "ngay ket thuc", "den ngay", "ngay thoi viec", "ngay nghi viec", "ngay thoi lam", "ket thuc", "end date", "end", "until", "left on", "leaving date"},
	fieldNumber: {"stt", "tt", "so tt", "so thu tu", "no", "n", "index"},
	fieldPrivate: {"cccd", "so cccd", "cmnd", "so cmnd", "cmnd cccd", "cccd cmnd", "so cccd cmnd", "so cmnd cccd", "can cuoc", "so can cuoc", "can cuoc cong dan", "so can cuoc cong dan", "so dinh danh", "so dinh danh ca nhan", "ma dinh danh", "ma dinh danh ca nhan",
		"id number", "identity card", "identity number", "national id", "id card", "passport",
		"ngay sinh", "nam sinh", "ngay thang nam sinh", "sinh ngay", "tuoi", "date of birth", "birth date", "birthday", "year of birth", "dob", "age",
		"dan toc", "ethnicity", "ethnic group", "ton giao", "religion", "gioi tinh", "nam nu", "sex", "gender", "dia chi", "noi o", "que quan", "noi sinh", "dia chi thuong tru", "address", "home town", "place of birth",
		"email", "e mail", "thu dien tu", "so tai khoan", "bank account", "ma so thue", "tax code", "ma so bhxh", "dang vien", "party member"},
}

var fieldOf = func() map[string]Field {
	all := map[string]Field{}
	for field, spellings := range titles {
		for _, s := range spellings {
			if other, ok := all[s]; ok {
				panic("roster: the title " + s + " is of " + string(other) + " and " + string(field))
			}
			all[s] = field
		}
	}
	return all
}()

// fieldOfTitle recognises a column's title, "" for an unknown one.
func fieldOfTitle(title string) Field {
	if len(title) > 200 {
		return ""
	}
	if f, ok := fieldOf[words(title)]; ok {
		return f
	}
	short, _, _ := strings.Cut(title, "(")
	return fieldOf[words(short)]
}

// Column is a column of the file that is being imported.
type Column struct {
	Letter  string `json:"letter"` // as spreadsheets call it
	Title   string `json:"title"`
	Field   Field  `json:"field"`   // "" where the column is not read
	Private bool   `json:"private"` // not read because the roster keeps no such data: identity numbers, dates of birth, ethnicity and the like
}

func letter(i int) string {
	name, err := excelize.ColumnNumberToName(i + 1)
	if err != nil {
		return ""
	}
	return name
}

// header is a row of titles: the columns, of which those that are read have a field, each field once.
func header(cells []string) []Column {
	columns := make([]Column, len(cells))
	seen := map[Field]bool{}
	for i, title := range cells {
		columns[i] = Column{Letter: letter(i), Title: shorten(title)}
		switch f := fieldOfTitle(title); {
		case f == fieldPrivate:
			columns[i].Private = true
		case f != "" && !seen[f]:
			columns[i].Field = f
			seen[f] = true
		}
	}
	return columns
}

// shorten keeps what is shown of a text that is not kept.
func shorten(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// recognised counts the fields of a header, or says 0 for a row that cannot be one: without a name, or with nothing else.
func recognised(columns []Column) int {
	n := 0
	for _, c := range columns {
		if c.Field != "" && c.Field != fieldNumber {
			n++
		}
	}
	named := hasField(columns, FieldName) || hasField(columns, FieldFamily) && hasField(columns, FieldGiven)
	if !named && !hasField(columns, FieldCode) || n < 2 {
		return 0
	}
	return n
}

func hasField(columns []Column, f Field) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Field == f })
}

// ignored lists the columns with a title that are not read.
func ignored(columns []Column) []Column {
	var list []Column
	for _, c := range columns {
		if c.Field == "" && c.Title != "" {
			list = append(list, c)
		}
	}
	return list
}

var exportColumns = map[string][]string{
	"vi": {"Mã", "Họ và tên", "Số điện thoại", "Chức vụ", "Đơn vị công tác", "Loại thiết chế", "Mã xã", "Xã/phường", "Ngày bắt đầu"},
	"en": {"Code", "Full name", "Phone", "Position", "Library", "Library kind", "Commune code", "Commune", "Start date"},
}

// ExportColumns are the titles of the columns of an exported roster, in Vietnamese or, for "en", in English. An export can be imported again and changes nothing.
func ExportColumns(lang string) []string {
	if lang != "en" {
		lang = "vi"
	}
	return slices.Clone(exportColumns[lang])
}

// ExportRow is a person in the columns of ExportColumns. kind gives a library kind's name in the language of the export. Dates are dd/mm/yyyy.
// The cells are as they are: to guard those that begin with "=", "+", "-" or "@" is for the writer of the file, and the import takes back a leading apostrophe.
func (r *Roll) ExportRow(p Person, kind func(id string) string) []string {
	c, _ := r.Places.Commune(p.Commune)
	return []string{p.ID, p.Name, p.Phone, p.Post, p.Library, kind(p.Kind), p.Commune, c.Title(), shown(p.Since)}
}

const shownDate = "02/01/2006"

// shown is a date as it is written in Vietnam, "" for none.
func shown(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(shownDate)
}
