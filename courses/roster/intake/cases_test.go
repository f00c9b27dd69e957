package intake

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/letters"
	"lopban/courses/roster"
	"lopban/courses/roster/cell"
	"lopban/courses/roster/form"
	"lopban/courses/workbook"
)

var remake = flag.Bool("update", false, "write the files in testdata again")

// one is somebody of the lists in testdata, whose names are invented.
type one struct{ name, post, library, commune, phone, start string }

var eight = []one{
	{"Giàng A Chứ", "Công chức VH-XH", "Thư viện xã Lũng Cú", "xã Lũng Cú", "0912700101", "05/03/2019"},
	{"Lò Thị Ưng", "Nhân viên", "Trung tâm học tập cộng đồng xã Đồng Văn", "xã Đồng Văn", "0912700102", "12/08/2021"},
	{"Hầu Seo Pao", "Phó Trưởng thôn", "Tủ sách pháp luật xã Xín Mần", "xã Xín Mần", "0362700103", "01/01/2020"},
	{"Nguyễn Thị Thúy Hạnh", "Thủ thư", "Thư viện phường Minh Xuân", "phường Minh Xuân", "0982700104", "15/09/2016"},
	{"Hoàng Văn Thuận", "Công chức VH-XH", "Thư viện xã Sơn Dương", "xã Sơn Dương", "0356700105", "20/11/2018"},
	{"Đặng Thị Hợi", "Nhân viên bưu điện", "Điểm Bưu điện - Văn hóa xã Hòa An", "xã Hòa An", "0977700106", "02/02/2022"},
	{"Ma Thị Quyết", "Công chức VH-XH", "Trung tâm Văn hóa - Thể thao xã Chiêm Hóa", "xã Chiêm Hóa", "0868700107", "10/10/2017"},
	{"Phàn Chòi Pham", "Nhân viên", "Thư viện xã Hoàng Su Phì", "xã Hoàng Su Phì", "0393700108", "03/04/2023"},
}

var eightCommunes = []string{"00715", "00721", "01108", "02215", "02536", "02353", "02287", "01021"}

var listTitles = []any{"STT", "Họ và tên", "Chức vụ", "Đơn vị công tác", "Xã/phường", "Số điện thoại", "Ngày bắt đầu"}

// draft is a workbook that is being made.
type draft struct {
	*excelize.File
	t     testing.TB
	sheet string
}

func newDraft(t testing.TB, sheet string) *draft {
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		t.Fatal(err)
	}
	return &draft{f, t, sheet}
}

func (d *draft) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *draft) on(sheet string) *draft {
	if _, err := d.NewSheet(sheet); err != nil {
		d.t.Fatal(err)
	}
	d.sheet = sheet
	return d
}

func (d *draft) row(n int, cells ...any) {
	d.t.Helper()
	d.must(d.SetSheetRow(d.sheet, fmt.Sprint("A", n), &cells))
}

// list writes people under the titles of row n, each changed by change first.
func (d *draft) list(n int, people []one, change func(i int, cells []any)) {
	d.row(n, listTitles...)
	for i, p := range people {
		cells := []any{i + 1, p.name, p.post, p.library, p.commune, p.phone, p.start}
		if change != nil {
			change(i, cells)
		}
		d.row(n+1+i, cells...)
	}
}

func (d *draft) file() []byte {
	var b bytes.Buffer
	d.must(d.Write(&b))
	return b.Bytes()
}

// oldCSV is three people as a text in an old code: the bytes that a program of its time saved.
func oldCSV(t testing.TB, code letters.Code) []byte {
	texts := map[letters.Code]string{
		letters.TCVN3:   "STT,Hä vµ tªn,Chøc vô,§¬n vÞ c«ng t¸c,X·/ph\u00adêng,Sè ®iÖn tho¹i,Ngµy b¾t ®Çu\r\n1,Giµng A Chø,C«ng chøc VH-XH,Th\u00ad viÖn x· Lòng Có,x· Lòng Có,0912700101,05/03/2019\r\n4,NguyÔn ThÞ Thóy H¹nh,Thñ th\u00ad,Th\u00ad viÖn ph\u00adêng Minh Xu©n,ph\u00adêng Minh Xu©n,0982700104,15/09/2016\r\n6,§Æng ThÞ Hîi,Nh©n viªn b\u00adu ®iÖn,§iÓm B\u00adu ®iÖn - V¨n hãa x· Hßa An,x· Hßa An,0977700106,02/02/2022\r\n",
		letters.VNI:     "STT,Hoï vaø teân,Chöùc vuï,Ñôn vò coâng taùc,Xaõ/phöôøng,Soá ñieän thoaïi,Ngaøy baét ñaàu\r\n1,Giaøng A Chöù,Coâng chöùc VH-XH,Thö vieän xaõ Luõng Cuù,xaõ Luõng Cuù,0912700101,05/03/2019\r\n4,Nguyeãn Thò Thuùy Haïnh,Thuû thö,Thö vieän phöôøng Minh Xuaân,phöôøng Minh Xuaân,0982700104,15/09/2016\r\n6,Ñaëng Thò Hôïi,Nhaân vieân böu ñieän,Ñieåm Böu ñieän - Vaên hoùa xaõ Hoøa An,xaõ Hoøa An,0977700106,02/02/2022\r\n",
		letters.Windows: "STT,Hoò vaÌ tên,Chýìc vuò,Ðõn viò công taìc,XaÞ/phýõÌng,Sôì ðiêòn thoaòi,NgaÌy bãìt ðâÌu\r\n1,GiaÌng A Chýì,Công chýìc VH-XH,Thý viêòn xaÞ LuÞng Cuì,xaÞ LuÞng Cuì,0912700101,05/03/2019\r\n4,NguyêÞn Thiò Thuìy Haònh,ThuÒ thý,Thý viêòn phýõÌng Minh Xuân,phýõÌng Minh Xuân,0982700104,15/09/2016\r\n6,Ðãòng Thiò Hõòi,Nhân viên býu ðiêòn,ÐiêÒm Býu ðiêòn - Vãn hoìa xaÞ HoÌa An,xaÞ HoÌa An,0977700106,02/02/2022\r\n",
	}
	data, err := charmap.Windows1252.NewEncoder().String(texts[code])
	if err != nil {
		t.Fatal(code, err)
	}
	return []byte(data)
}

// made are the files of testdata and how each is made; the OpenDocument file is official.xlsx saved by LibreOffice 7.4.
var made = map[string]func(t testing.TB) []byte{
	"official.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "Danh sách")
		d.row(1, "UBND TỈNH TUYÊN QUANG\nSỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc")
		d.must(d.MergeCell(d.sheet, "A1", "C1"))
		d.row(3, "DANH SÁCH NGƯỜI LÀM CÔNG TÁC THƯ VIỆN TẠI CƠ SỞ NĂM 2026")
		d.must(d.MergeCell(d.sheet, "A3", "G3"))
		d.list(6, eight[:4], nil)
		d.must(d.InsertRows(d.sheet, 7, 1))
		d.row(7, "(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)")
		for i, p := range eight[4:] {
			d.row(14+i, 5+i, p.name, p.post, p.library, p.commune, p.phone, p.start)
		}
		d.row(18, "Tổng cộng: 8 người")
		d.row(20, "Ghi chú: Danh sách có 8 người; số liệu tính đến ngày 31/10/2026.")
		d.row(22, "", "NGƯỜI LẬP BIỂU", "", "", "GIÁM ĐỐC")
		d.row(23, "", "(Ký, ghi rõ họ tên)", "", "", "(Ký tên, đóng dấu)")
		d.row(27, "", "Trần Thị Bưởi", "", "", "Nguyễn Văn Đoàn")
		return d.file()
	},
	"old-communes.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "Danh sách")
		d.row(1, "STT", "Họ và tên", "Đơn vị công tác", "Xã, phường, thị trấn", "Huyện, thành phố", "Tỉnh")
		for i, p := range before {
			d.row(2+i, i+1, p[0], "Thư viện xã", p[1], p[2], p[3])
		}
		return d.file()
	},
	"old-groups.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "Danh sách")
		d.row(1, "STT", "Họ và tên", "Đơn vị công tác")
		d.row(2, "I", "HUYỆN YÊN SƠN")
		d.row(3, "1", "Hoàng Văn Thuận", "Thư viện xã Tân Tiến")
		d.row(4, "II", "HUYỆN HOÀNG SU PHÌ")
		d.row(5, "2", "Đặng Thị Hợi", "Thư viện xã Tân Tiến")
		d.row(6, "III", "KHÁC")
		d.row(7, "3", "Ma Thị Quyết", "Thư viện phường Tân Quang, TP Tuyên Quang")
		d.row(8, "4", "Phàn Chòi Pham", "Thư viện xã Yên Định huyện Bắc Mê")
		return d.file()
	},
	"two-row-header.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "Biểu")
		d.row(1, "BIỂU TỔNG HỢP")
		d.row(3, "STT", "Họ và tên", "Giới tính", "", "Nơi công tác", "", "Liên hệ", "", "Ngày bắt đầu")
		d.row(4, "", "", "Nam", "Nữ", "Tên đơn vị", "Xã/phường", "Điện thoại", "Email")
		for _, m := range []string{"C3:D3", "E3:F3", "G3:H3", "A3:A4", "B3:B4", "I3:I4"} {
			from, to, _ := strings.Cut(m, ":")
			d.must(d.MergeCell(d.sheet, from, to))
		}
		for i, p := range eight {
			d.row(5+i, i+1, p.name, "x", "", p.library, p.commune, p.phone, "a@b.vn", p.start)
		}
		return d.file()
	},
	"windows1258.csv": func(t testing.TB) []byte { return oldCSV(t, letters.Windows) },
	"tcvn3.csv":       func(t testing.TB) []byte { return oldCSV(t, letters.TCVN3) },
	"vni.csv":         func(t testing.TB) []byte { return oldCSV(t, letters.VNI) },
	"tcvn3-names.xlsx": func(t testing.TB) []byte { // titles typed again, names not
		d := newDraft(t, "S")
		d.row(1, listTitles...)
		d.row(2, 1, "NguyÔn ThÞ Hång", "Thñ th\u00ad", "Thư viện xã Lũng Cú", "Lòng Có", "0912700101", "05/03/2019")
		d.row(3, 2, "Lß V¨n Tó", "C«ng chøc", "Thư viện xã Đồng Văn", "§ång V¨n", "0912700102", "05/03/2019")
		return d.file()
	},
	"vni-names.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.row(1, listTitles...)
		d.row(2, 1, "Nguyeãn Thò Hoàng", "Thuû thö", "Thư viện xã Lũng Cú", "Luõng Cuù", "0912700101", "05/03/2019")
		d.row(3, 2, "Loø Vaên Tuù", "Coâng chöùc", "Thư viện xã Đồng Văn", "Ñoàng Vaên", "0912700102", "05/03/2019")
		return d.file()
	},
	"phones.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		phones := []any{912700101, 912700102, "9.62700103E+8", 84982700104, "+84 356 700 105", "0977.700.106", "0868700107 / 0912700107", "01653700108"}
		d.list(1, eight, func(i int, cells []any) { cells[5] = phones[i] })
		return d.file()
	},
	"dates.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		dates := []any{day("2019-03-05"), "12/08/2021", 2020, "2016", "11/2018", "2/2/22", "10-10-2017", "tháng 4 năm 2023"}
		d.list(1, eight, func(i int, cells []any) { cells[6] = dates[i] })
		return d.file()
	},
	"swapped.xlsx": func(t testing.TB) []byte { // a file of dd/mm/yyyy that a spreadsheet with American settings opened
		d := newDraft(t, "S")
		dates := []any{day("2019-05-03"), day("2021-08-12"), day("2020-01-01"), "15/09/2016", "20/11/2018", day("2022-02-02"), day("2017-10-10"), day("2023-03-04")}
		d.list(1, eight, func(i int, cells []any) { cells[6] = dates[i] })
		return d.file()
	},
	"hidden.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.list(1, eight, nil)
		d.must(d.SetCellStr(d.sheet, "H1", "Ngày nghỉ"))
		d.must(d.SetCellStr(d.sheet, "H4", "30/06/2026"))
		d.must(d.SetColVisible(d.sheet, "H", false))
		d.must(d.SetRowVisible(d.sheet, 7, false))
		d.must(d.SetRowVisible(d.sheet, 8, false))
		return d.file()
	},
	"districts.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "Hướng dẫn")
		d.row(1, "Cách điền biểu")
		d.row(2, "Mỗi huyện cũ một trang")
		d.on("Huyện Đồng Văn").list(1, eight[:3], nil)
		d.on("TP Tuyên Quang").list(1, eight[3:5], nil)
		d.on("Chiêm Hóa").list(1, eight[5:], nil)
		return d.file()
	},
	"hidden-sheet.xlsx": func(t testing.TB) []byte { // last year's list, hidden, stands first
		d := newDraft(t, "2023")
		d.list(1, []one{eight[0], {"Sùng Thị Sâu", "Nhân viên", "Thư viện xã Lũng Cú", "xã Lũng Cú", "0912700199", "05/03/2015"}}, nil)
		d.on("Danh sách").list(1, eight[:3], nil)
		d.SetActiveSheet(1)
		d.must(d.SetSheetVisible("2023", false))
		return d.file()
	},
	"groups.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.row(1, "STT", "Họ và tên", "Chức vụ", "Đơn vị công tác", "Số điện thoại", "Ngày bắt đầu")
		for i, p := range eight {
			d.row(2+2*i, []any{"I", "II", "III", "IV", "V", "VI", "VII", "VIII"}[i], "X"+p.commune[1:])
			if !strings.HasPrefix(p.commune, "x") {
				d.row(2+2*i, "IV", "Phường Minh Xuân")
			}
			d.row(3+2*i, 1, p.name, p.post, p.library, p.phone, p.start)
		}
		return d.file()
	},
	"merged-down.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.list(1, eight, func(i int, cells []any) {
			cells[3] = "Thư viện xã Lũng Cú"
			if cells[4] = ""; i == 0 {
				cells[4] = "Lũng Cú"
			}
			if i >= 4 {
				cells[3] = "Thư viện xã Đồng Văn"
			}
			if i == 4 {
				cells[4] = "Đồng Văn"
			}
		})
		d.must(d.MergeCell("S", "E2", "E5"))
		d.must(d.MergeCell("S", "E6", "E9"))
		return d.file()
	},
	"committee.xlsx": func(t testing.TB) []byte { // the commune only in "UBND xã …" or the library's name
		d := newDraft(t, "S")
		d.row(1, "TT", "Họ và tên", "Cơ quan", "Tên thư viện", "SĐT", "Từ ngày")
		for i, p := range eight {
			d.row(2+i, i+1, p.name, "UBND "+p.commune, "Tủ sách", p.phone, p.start)
		}
		d.row(10, 9, "Sùng Thị Sâu", "Phòng Văn hóa", "Thư viện xã Lũng Cú", "0912700199", "05/03/2015")
		return d.file()
	},
	"errors.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.list(1, eight, func(i int, cells []any) {
			switch i {
			case 2:
				cells[4] = "#N/A"
			case 3:
				cells[5] = nil
			case 5:
				cells[2], cells[5] = "#REF!", "không có"
			case 6:
				cells[2], cells[5] = "-", "0"
			}
		})
		d.must(d.SetCellFormula(d.sheet, "F5", `"0"&982700104`))
		d.row(10, "Tổng", 8)
		d.row(11, "", "Cộng", "", "", "", 8)
		return d.file()
	},
	"shared-phones.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.list(1, eight, func(i int, cells []any) {
			if i < 4 {
				cells[5] = "0912555777"
			} else if i < 6 {
				cells[5] = "02193861234"
			}
		})
		return d.file()
	},
	"real-titles.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.row(1, "TT", "Họ và tên người phụ trách thư viện", "Chức vụ, đơn vị", "Tên thư viện/tủ sách", "Xã (phường)", "SĐT liên hệ", "Thời gian phụ trách từ", "Trình độ", "Ghi chú")
		for i, p := range eight {
			d.row(2+i, i+1, p.name, p.post, p.library, p.commune, p.phone, p.start, "ĐH")
		}
		return d.file()
	},
	"unknown-titles.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.row(1, "#", "Đồng chí", "Làm gì", "Ở đâu", "Thuộc", "Gọi", "Hồi nào", "CCCD")
		for i, p := range eight {
			d.row(2+i, i+1, p.name, p.post, p.library, p.commune, p.phone, p.start, "0123456789")
		}
		return d.file()
	},
	"kinds-and-names.xlsx": func(t testing.TB) []byte {
		d := newDraft(t, "S")
		d.row(1, append(slices.Clone(listTitles), "Loại thiết chế")...)
		kinds := []string{"TV xã", "TTHTCĐ xã", "Tủ sách PL", "TV phường", "Trạm y tế", "Điểm BĐ-VHX", "Trung tâm VH-TT&DL", "Nhà văn hóa thôn"}
		for i, p := range eight {
			p.name = []string{"ThS. Giàng A Chứ", "Bà Lò Thị Ưng", "Ông Hầu Seo Pao", "Nguyễn Thị Thúy Hạnh (Năm)", "HOANG VAN THUAN", "Ðặng Thị Hợi", "6. Ma Thị Quyết", "Phàn Chòi Pham, 1987"}[i]
			if i == 0 {
				p.post = "\uF0B7 Công chức • VH-XH"
			}
			if i == 1 {
				p.post = "Nhân viên 📚"
			}
			if i == 2 {
				p.library = "Tủ sách 📚"
			}
			d.row(2+i, i+1, p.name, p.post, p.library, p.commune, p.phone, p.start, kinds[i])
		}
		return d.file()
	},
	"page.xls": func(t testing.TB) []byte { // what office programs call .xls
		var b strings.Builder
		b.WriteString("<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><meta charset=utf-8><table border=1><tr><td colspan=7>DANH SÁCH \"2026\"</td></tr><tr>")
		for _, title := range listTitles {
			fmt.Fprintf(&b, "<th>%s</th>", title)
		}
		b.WriteString("</tr>")
		for i, p := range eight {
			fmt.Fprintf(&b, "<tr><td>%d<td>%s<td>%s<td>%s<br>", i+1, p.name, p.post, p.library)
			if i == 0 {
				fmt.Fprintf(&b, "<td rowspan=2>%s", p.commune)
			} else if i > 1 {
				fmt.Fprintf(&b, "<td>%s", p.commune)
			}
			fmt.Fprintf(&b, "<td>%s<td>%s</tr>", p.phone, p.start)
		}
		b.WriteString("</table></html>")
		return []byte(b.String())
	},
	"old.xls": func(testing.TB) []byte {
		return append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 504)...)
	},
}

// before are people of the lists of before July 2025: name, unit, district, province, and the commune of now.
var before = [][5]string{
	{"Giàng A Chứ", "Lũng Táo", "Đồng Văn", "Hà Giang", "00715"},
	{"Lò Thị Ưng", "Tả Lủng", "Mèo Vạc", "Hà Giang", "00769"},
	{"Hầu Seo Pao", "Tả Lủng", "Đồng Văn", "Hà Giang", "00721"},
	{"Nguyễn Thị Thúy Hạnh", "Thị trấn Yên Phú", "H. Bắc Mê", "Hà Giang", "00991"},
	{"Hoàng Văn Thuận", "Xã Tân Tiến", "Yên Sơn", "Tuyên Quang", "02470"},
	{"Đặng Thị Hợi", "Xã Tân Tiến", "Huyện Hoàng Su Phì", "Hà Giang", "01051"},
	{"Ma Thị Quyết", "Phường Tân Quang", "TP Tuyên Quang", "Tuyên Quang", "02215"},
	{"Phàn Chòi Pham", "xã Yên Định", "Bắc Mê", "Hà Giang", ""}, // was split
}

func TestMakeCases(t *testing.T) {
	if !*remake {
		t.Skip("with -update")
	}
	for name, make := range made {
		if err := os.WriteFile(filepath.Join("testdata", name), make(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// lookAt reads a file of testdata on 30 November 2026, in a roster with nobody.
func lookAt(t testing.TB, name string, chosen Choices) *Import {
	t.Helper()
	im, _ := reads(t, name, chosen)
	return im
}

func reads(t testing.TB, name string, chosen Choices) (*Import, *workbook.Book) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	b, err := lexicon().Read(bytes.NewReader(data), name, workbook.DefaultLimits)
	if err != nil {
		t.Fatal(name, err)
	}
	r := newRoll(t)
	r.Now = func() time.Time { return time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC) }
	im, err := lexicon().Preview(t.Context(), r, "08", b, chosen, workbook.DefaultLimits)
	if err != nil {
		t.Fatal(name, err)
	}
	return im, b
}

// brief is what a row says, for comparing: "row verdict name|phone|commune|start", and the codes of what was said.
func brief(row ImportRow) string {
	s := fmt.Sprintf("%d %s %s|%s|%s|%s", row.Number, row.Verdict, row.Entry.Name, row.Entry.Phone, row.Entry.Commune, shown(row.Entry.On))
	for _, p := range slices.Concat(row.Problems, row.Notes, row.Warnings) {
		s += " " + codes(p)
	}
	return s
}

// codes are what is said of a cell.
func codes(p RowProblem) string {
	if p.Then != nil {
		return p.Code + "+" + p.Then.Code
	}
	return p.Code
}

// all are the eight as a file says them whose first one stands in the row.
func whole(rows ...int) []string {
	var want []string
	for i, p := range eight {
		want = append(want, fmt.Sprintf("%d new %s|%s|%s|%s", rows[i%len(rows)]+i/len(rows)*len(rows), p.name, p.phone, eightCommunes[i], p.start))
	}
	return want
}

func from(row int) []string {
	var rows []int
	for i := range eight {
		rows = append(rows, row+i)
	}
	return whole(rows...)
}

// change puts other lines in place of some, by index.
func change(lines []string, by map[int]string) []string {
	for i, s := range by {
		lines[i] = s
	}
	return lines
}

func TestFilesAsOfficesMakeThem(t *testing.T) {
	for name, c := range map[string]struct {
		want   []string
		asks   string
		others int // rows of the last sheet that are none of people
	}{
		"official.xlsx": {whole(8, 9, 10, 11, 14, 15, 16, 17), "", 4},
		"official.ods":  {whole(8, 9, 10, 11, 14, 15, 16, 17), "", 4},
		// the cell above reaches down
		"page.xls":            {change(from(3), map[int]string{1: "4 new Lò Thị Ưng|0912700102|00715|12/08/2021"}), "", 0},
		"two-row-header.xlsx": {from(5), "", 0},
		"windows1258.csv":     {old(), "letters", 0},
		"tcvn3.csv":           {old(), "letters", 0},
		"vni.csv":             {old(), "letters", 0},
		"tcvn3-names.xlsx":    {[]string{"2 new Nguyễn Thị Hồng|0912700101|00715|05/03/2019", "3 new Lò Văn Tú|0912700102|00721|05/03/2019"}, "letters", 0},
		"vni-names.xlsx":      {[]string{"2 new Nguyễn Thị Hồng|0912700101|00715|05/03/2019", "3 new Lò Văn Tú|0912700102|00721|05/03/2019"}, "letters", 0},
		"phones.xlsx": {change(from(2), map[int]string{2: "4 new Hầu Seo Pao|0962700103|01108|01/01/2020", 6: "8 new Ma Thị Quyết|0868700107|02287|10/10/2017 phone.first",
			7: "9 new Phàn Chòi Pham|0353700108|01021|03/04/2023 phone.renumbered"}), "", 0},
		"dates.xlsx": {change(from(2), map[int]string{2: "4 new Hầu Seo Pao|0362700103|01108|30/11/2026 date.form+date.today", 3: "5 new Nguyễn Thị Thúy Hạnh|0982700104|02215|30/11/2026 date.form+date.today",
			4: "6 new Hoàng Văn Thuận|0356700105|02536|30/11/2026 date.form+date.today", 5: "7 new Đặng Thị Hợi|0977700106|02353|30/11/2026 date.form+date.today",
			7: "9 new Phàn Chòi Pham|0393700108|01021|30/11/2026 date.form+date.today"}), "", 0},
		"swapped.xlsx": {change(from(2), map[int]string{0: "2 new Giàng A Chứ|0912700101|00715|03/05/2019", 7: "9 new Phàn Chòi Pham|0393700108|01021|04/03/2023"}), "swapped", 0},
		"hidden.xlsx":  {from(2), "", 0},
		"hidden-sheet.xlsx": {[]string{"2 new Giàng A Chứ|0912700101|00715|05/03/2019", "3 new Lò Thị Ưng|0912700102|00721|12/08/2021", "4 new Hầu Seo Pao|0362700103|01108|01/01/2020",
			"3 problem ||| sheet.hidden"}, "", 0},
		"districts.xlsx": {whole(2, 3, 4, 2, 3, 2, 3, 4), "", 0},
		"groups.xlsx":    {whole(3, 5, 7, 9, 11, 13, 15, 17), "", 8},
		"merged-down.xlsx": {change(from(2), map[int]string{1: "3 new Lò Thị Ưng|0912700102|00715|12/08/2021", 2: "4 new Hầu Seo Pao|0362700103|00715|01/01/2020", 3: "5 new Nguyễn Thị Thúy Hạnh|0982700104|00715|15/09/2016",
			4: "6 new Hoàng Văn Thuận|0356700105|00721|20/11/2018", 5: "7 new Đặng Thị Hợi|0977700106|00721|02/02/2022", 6: "8 new Ma Thị Quyết|0868700107|00721|10/10/2017", 7: "9 new Phàn Chòi Pham|0393700108|00721|03/04/2023"}), "", 0},
		"committee.xlsx": {append(said(from(2), "commune.from"), "10 new Sùng Thị Sâu|0912700199|00715|05/03/2015 commune.from"), "", 0},
		"errors.xlsx": {change(from(2), map[int]string{2: "4 new Hầu Seo Pao|0362700103|01108|01/01/2020 cell.error commune.from", 3: "5 new Nguyễn Thị Thúy Hạnh||02215|15/09/2016 cell.formula",
			5: "7 new Đặng Thị Hợi||02353|02/02/2022 cell.none cell.error", 6: "8 new Ma Thị Quyết||02287|10/10/2017 cell.none cell.none"}), "", 2},
		"shared-phones.xlsx": {change(from(2), map[int]string{0: "2 new Giàng A Chứ||00715|05/03/2019 phone.shared", 1: "3 new Lò Thị Ưng||00721|12/08/2021 phone.shared", 2: "4 new Hầu Seo Pao||01108|01/01/2020 phone.shared",
			3: "5 new Nguyễn Thị Thúy Hạnh||02215|15/09/2016 phone.shared", 4: "6 new Hoàng Văn Thuận|02193861234|02536|20/11/2018", 5: "7 new Đặng Thị Hợi|02193861234|02353|02/02/2022"}), "", 0},
		"real-titles.xlsx":  {from(2), "", 0},
		"old-communes.xlsx": {former(), "start", 0},
		"old-groups.xlsx": {[]string{"3 new Hoàng Văn Thuận||02470|30/11/2026 commune.from commune.former date.today", "5 new Đặng Thị Hợi||01051|30/11/2026 commune.from date.today",
			"7 new Ma Thị Quyết||02215|30/11/2026 commune.from commune.former date.today", "8 problem ||| commune.split"}, "start", 3},
		"kinds-and-names.xlsx": {change(from(2), map[int]string{0: "2 new Giàng A Chứ|0912700101|00715|05/03/2019 name.cleaned text.mended", 1: "3 new Lò Thị Ưng|0912700102|00721|12/08/2021 name.cleaned text.left",
			2: "4 problem ||| text.letters name.cleaned", 3: "5 new Nguyễn Thị Thúy Hạnh|0982700104|02215|15/09/2016 name.cleaned", 4: "6 new Hoang Van Thuan|0356700105|02536|20/11/2018 name.unmarked kind.left",
			6: "8 new Ma Thị Quyết|0868700107|02287|10/10/2017 name.cleaned", 7: "9 new Phàn Chòi Pham|0393700108|01021|03/04/2023 name.cleaned"}), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			im := lookAt(t, name, Choices{})
			var got, asks []string
			for _, row := range im.Rows {
				got = append(got, brief(row))
			}
			for _, a := range im.Asks {
				asks = append(asks, a.Code)
			}
			if !slices.Equal(got, c.want) || strings.Join(asks, " ") != c.asks {
				t.Errorf("asks %q, rows\n%s\nwant %q\n%s", asks, strings.Join(got, "\n"), c.asks, strings.Join(c.want, "\n"))
			}
			if n := im.Sheets[len(im.Sheets)-1].Others; n != c.others {
				t.Errorf("%d other rows, want %d", n, c.others)
			}
		})
	}
}

// old are the three of the files in old codes.
func old() []string {
	return []string{"2 new Giàng A Chứ|0912700101|00715|05/03/2019", "3 new Nguyễn Thị Thúy Hạnh|0982700104|02215|15/09/2016", "4 new Đặng Thị Hợi|0977700106|02353|02/02/2022"}
}

// former are the people of before.
func former() []string {
	var want []string
	for i, p := range before {
		switch c, _ := places().Commune(p[4]); {
		case p[4] == "":
			want = append(want, fmt.Sprintf("%d problem ||| commune.split", 2+i))
		case strings.HasSuffix(strings.ToLower(p[1]), strings.ToLower(c.Title())):
			want = append(want, fmt.Sprintf("%d new %s||%s|30/11/2026 date.today", 2+i, p[0], p[4]))
		default:
			want = append(want, fmt.Sprintf("%d new %s||%s|30/11/2026 commune.former date.today", 2+i, p[0], p[4]))
		}
	}
	return want
}

// said adds a code to lines.
func said(lines []string, code string) []string {
	for i := range lines {
		lines[i] += " " + code
	}
	return lines
}

func TestOldWorkbooksAreNamedForWhatTheyAre(t *testing.T) {
	for name, code := range map[string]string{"old.xls": "file.xls"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = lexicon().Read(bytes.NewReader(data), name, workbook.DefaultLimits)
		wantProblem(t, name, err, "file", code)
	}
	for data, code := range map[string]string{"\x89PNG\r\n": "file.picture", "%PDF-1.7": "file.pdf", "{\\rtf1": "file.word", "Rar!\x1a\x07": "file.archive",
		"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">": "file.xml2003", "<?xml version=\"1.0\"?><a/>": "file.type", "<html><p>x</p></html>": "file.type"} {
		_, err := lexicon().Read(strings.NewReader(data), "x", workbook.DefaultLimits)
		wantProblem(t, data, err, "file", code)
	}
}

// Archives that are no workbook, or one that nobody can open without its password.
func TestArchivesAreNamedForWhatTheyAre(t *testing.T) {
	part := func(name, text string) coursetest.Entry { return coursetest.Entry{Name: name, Data: []byte(text)} }
	content := part("content.xml", "<a/>")
	for code, parts := range map[string][]coursetest.Entry{
		"file.numbers":  {part("Index/Document.iwa", "x")},
		"file.word":     {part("mimetype", "application/vnd.oasis.opendocument.text"), content},
		"file.password": {part("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), content, part("META-INF/manifest.xml", "<manifest:encryption-data/>")},
		"file.archive":  {part("a.csv", "x")},
	} {
		_, err := lexicon().Read(bytes.NewReader(coursetest.Archive(t, parts...)), "x.ods", workbook.DefaultLimits)
		wantProblem(t, code, err, "file", code)
	}
}

func TestWhatIsHiddenIsSaid(t *testing.T) {
	im := lookAt(t, "hidden.xlsx", Choices{})
	p := im.Sheets[0]
	if !slices.Equal(p.Rows, []int{7, 8}) || len(p.HiddenColumns()) != 1 || p.HiddenColumns()[0].Letter != "H" || p.People != 8 {
		t.Errorf("%+v", p)
	}
	if row := im.Rows[2]; !row.End.Equal(day("2026-06-30")) {
		t.Errorf("the leaving date is not read: %+v", row)
	}
	im = lookAt(t, "hidden-sheet.xlsx", Choices{})
	if p := im.Sheets[1]; im.Sheets[0].Name != "Danh sách" || p.Name != "2023" || !p.Hidden || p.Read || p.People != 1 || p.Again != 1 {
		t.Errorf("%+v", im.Sheets)
	}
	if im = lookAt(t, "hidden-sheet.xlsx", Choices{Sheets: map[int]bool{1: true}}); im.Count(New) != 4 {
		t.Errorf("asked for, the hidden sheet is not read: %+v", im.Rows)
	}
	if im = lookAt(t, "districts.xlsx", Choices{Sheets: map[int]bool{2: false}}); im.Count(New) != 6 || im.Sheets[2].People != 2 || im.Sheets[0].Header != 0 || im.Sheets[0].Others != 2 {
		t.Errorf("left out by hand: %+v", im.Sheets)
	}
}

func TestQuestionsAboutTheWholeFile(t *testing.T) {
	im := lookAt(t, "swapped.xlsx", Choices{})
	if a := im.Asks[0]; a.Key != "0.start" || a.Args[0] != "3" || a.Samples[0] != [2]string{"03/05/2019", "05/03/2019"} {
		t.Errorf("%+v", im.Asks)
	}
	for exchange, want := range map[bool]string{true: "05/03/2019", false: "03/05/2019"} {
		im = lookAt(t, "swapped.xlsx", Choices{Swapped: map[string]bool{"0.start": exchange}})
		if len(im.Asks) > 0 || shown(im.Rows[0].Entry.On) != want {
			t.Errorf("exchanged %v: %+v, %s", exchange, im.Asks, shown(im.Rows[0].Entry.On))
		}
		if a := im.Settled[0]; len(im.Settled) != 1 || a.Key != "0.start" || a.Samples[0] != [2]string{"03/05/2019", "05/03/2019"} || a.Chosen != map[bool]string{true: "yes", false: "no"}[exchange] {
			t.Errorf("exchanged %v, it can be answered otherwise: %+v", exchange, im.Settled)
		}
	}
	im = lookAt(t, "tcvn3.csv", Choices{})
	if a := im.Asks[0]; a.Args[0] != "tcvn3" || len(a.Samples) < 3 || a.Samples[0] != [2]string{"Giµng A Chø", "Giàng A Chứ"} {
		t.Errorf("%+v", im.Asks)
	}
	for _, agreed := range []Choices{{Letters: letters.TCVN3}, {Codes: map[letters.Code]letters.Code{letters.TCVN3: letters.TCVN3}}} {
		if im = lookAt(t, "tcvn3.csv", agreed); len(im.Asks) > 0 || im.Count(New) != 3 {
			t.Errorf("agreed to: %+v", im.Asks)
		}
	}
	// Each code in a file is asked for itself, with the columns that have it.
	d := newDraft(t, "S")
	d.row(1, listTitles...)
	for i, name := range []string{"NguyÔn ThÞ Hång", "TrÇn V¨n BÝch"} {
		d.row(2+i, i+1, name, []string{"Coâng chöùc", "Phoù chuû tòch"}[i], "Thư viện", "xã Lũng Cú", "", "05/03/2019")
	}
	d.row(4, 3, "Nguyeãn Thò Haïnh", "Thủ thư", "Thư viện", "xã Lũng Cú", "", "05/03/2019")
	mixed, err := lexicon().Read(bytes.NewReader(d.file()), "a.xlsx", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var agreed Choices
	see := func() (asks []string, rows []string) {
		im, err := lexicon().Preview(t.Context(), newRoll(t), "08", mixed, agreed, workbook.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range im.Asks {
			asks = append(asks, a.Code+" "+a.Key+" "+a.Args[1])
		}
		for _, row := range im.Rows {
			rows = append(rows, row.Entry.Name+", "+row.Entry.Post)
		}
		return asks, rows
	}
	asks, rows := see()
	slices.Sort(asks)
	if want := []string{"letters tcvn3 B", "letters vni B, C"}; !slices.Equal(asks, want) {
		t.Errorf("asks %q, want %q", asks, want)
	}
	if want := []string{"Nguyễn Thị Hồng, Công chức", "Trần Văn Bích, Phó chủ tịch", "Nguyễn Thị Hạnh, Thủ thư"}; !slices.Equal(rows, want) {
		t.Errorf("rows %q, want %q", rows, want)
	}
	agreed.Read(letters.TCVN3, letters.TCVN3)
	if asks, _ = see(); !slices.Equal(asks, []string{"letters vni B, C"}) {
		t.Errorf("asks still %q", asks)
	}
	agreed.Read(letters.VNI, letters.Unicode)
	if asks, rows = see(); len(asks) > 0 || rows[0] != "Nguyễn Thị Hồng, Coâng chöùc" {
		t.Errorf("left as it is: %q, %q", asks, rows)
	}
	// A start for all is asked only where the file has none.
	r := newRoll(t)
	im = preview(t, r, "Họ và tên,Đơn vị,Mã xã\nLò Thị Na,Thư viện xã,00700\n")
	if len(im.Asks) != 1 || im.Asks[0].Code != "start" {
		t.Errorf("%+v", im.Asks)
	}
	b, err := lexicon().Read(strings.NewReader("Họ và tên,Đơn vị,Mã xã\nLò Thị Na,Thư viện xã,00700\n"), "x", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if im, err = lexicon().Preview(t.Context(), r, "08", b, Choices{Start: day("2024-05-01")}, workbook.DefaultLimits); err != nil || len(im.Asks) != 0 || !im.Rows[0].Entry.On.Equal(day("2024-05-01")) || len(im.Rows[0].Warnings) > 0 {
		t.Errorf("%+v, %v", im, err)
	}
	apply(t, r, im)
	if im = preview(t, r, "Họ và tên,Đơn vị,Mã xã\nLò Thị Na,Thư viện xã,00700\n"); len(im.Asks) > 0 {
		t.Errorf("asked although nobody is new: %+v", im.Asks)
	}
}

func TestSuggestionsAreAcceptedOneByOneOrAlike(t *testing.T) {
	im := lookAt(t, "dates.xlsx", Choices{})
	var c Choices
	if n := c.Accept(im, "0.5.start", "01/01/2016", false); n != 1 {
		t.Errorf("%d cells", n)
	}
	if n := c.Accept(im, "0.5.start", "01/01/1999", false) + c.Accept(im, "0.2.name", "Ai", false); n != 0 {
		t.Errorf("%d cells of what was not suggested", n)
	}
	if im = lookAt(t, "dates.xlsx", c); brief(im.Rows[3]) != "5 new Nguyễn Thị Thúy Hạnh|0982700104|02215|15/09/2016"[:len("5 new Nguyễn Thị Thúy Hạnh|0982700104|02215|")]+"01/01/2016 cell.chosen" {
		t.Errorf("%s", brief(im.Rows[3]))
	}
	if n := c.AcceptAll(im); n != 4 {
		t.Errorf("%d cells", n)
	}
	im = lookAt(t, "dates.xlsx", c)
	for i, want := range []string{"05/03/2019", "12/08/2021", "01/01/2020", "01/01/2016", "01/11/2018", "02/02/2022", "10/10/2017", "01/04/2023"} {
		if got := shown(im.Rows[i].Entry.On); got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
	// Alike: every cell with the same text.
	r := newRoll(t)
	b, err := lexicon().Read(strings.NewReader("Họ và tên,Đơn vị,Xã,Từ ngày\nLò Thị Na,Thư viện xã,Ngọc Đươngg,01/01/2020\nLò Thị Nu,Thư viện xã,Ngọc Đươngg,01/01/2020\nLò Thị Ni,Thư viện xã,Ngoc Duongh,01/01/2020\n"), "x", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	look := func(c Choices) *Import {
		im, err := lexicon().Preview(t.Context(), r, "08", b, c, workbook.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		return im
	}
	var alike Choices
	if n := alike.Accept(look(alike), "0.2.commune", "xã Ngọc Đường (00700)", true); n != 2 {
		t.Errorf("%d cells alike", n)
	}
	if im := look(alike); im.Count(New) != 2 || im.Rows[0].Entry.Commune != "00700" || im.Rows[2].Verdict != Faulty {
		t.Errorf("%+v", im.Rows)
	}
}

func TestColumnsAreChosenByHand(t *testing.T) {
	im := lookAt(t, "unknown-titles.xlsx", Choices{})
	if len(im.Rows) != 0 || im.Sheets[0].Header != 1 || im.Sheets[0].Columns[1].Sample != "Giàng A Chứ" || im.Sheets[0].Columns[7].Sample != "" {
		t.Fatalf("%+v", im)
	}
	chosen := Choices{Columns: map[string]Field{"0.B": FieldName, "0.C": FieldPost, "0.D": FieldLibrary, "0.E": FieldCommune, "0.F": FieldPhone, "0.G": FieldStart, "0.H": FieldPhone}}
	im, b := reads(t, "unknown-titles.xlsx", chosen)
	if im.Count(New) != 8 || im.Rows[0].Entry.Phone != "0912700101" || !im.Sheets[0].Columns[7].Private {
		t.Errorf("%+v", im.Rows)
	}
	if s := fmt.Sprintf("%+v", *b.Sheets[0]); strings.Contains(s, "0123456789") {
		t.Error("the cells of a private column are kept")
	}
	// Remembered by title, for every later file of the province.
	r := newRoll(t)
	for title, f := range map[string]Field{"Đồng chí": FieldName, "Ở đâu": FieldLibrary, "THUỘC": FieldCommune, "Hồi nào": FieldPost} {
		if err := Remember(t.Context(), r.Store, Heading{Province: "08", Title: title, Field: f}); err != nil {
			t.Fatal(err)
		}
	}
	if err := Remember(t.Context(), r.Store, Heading{Province: "08", Title: "Hồi nào", Field: FieldStart}); err != nil {
		t.Fatal(err)
	}
	titles, err := Remembered(t.Context(), r.Store, "08")
	if err != nil || len(titles) != 4 {
		t.Fatal(titles, err)
	}
	if im := lookAt(t, "unknown-titles.xlsx", Choices{Titles: titles}); im.Count(New) != 8 || shown(im.Rows[0].Entry.On) != "05/03/2019" {
		t.Errorf("%+v", im.Rows)
	}
	if other, err := Remembered(t.Context(), r.Store, "04"); err != nil || len(other) > 0 {
		t.Errorf("of another province: %v, %v", other, err)
	}
	// A column that was understood can be left out, or another be read instead.
	if im := lookAt(t, "real-titles.xlsx", Choices{Columns: map[string]Field{"0.F": FieldNone, "0.H": FieldPost}}); im.Rows[0].Entry.Phone != "" || im.Rows[0].Entry.Post != "ĐH" {
		t.Errorf("%+v", im.Rows[0])
	}
}

func TestRowsToMendAreTheSheetAgain(t *testing.T) {
	d := newDraft(t, "Đồng Văn")
	d.row(1, "TT", "Họ và tên", "Thư viện", "Huyện", "Năm sinh", "Từ ngày")
	d.row(2, "I", "Xã Lũng Cú")
	d.row(3, 1, "Giàng A Chứ", "Thư viện xã", "Đồng Văn", 1980, "05/03/2019")
	d.row(4, 2, "Sùng 4", "Thư viện xã", "Đồng Văn", 1981, "05/03/2019")
	d.on("Mèo Vạc").row(1, "Đồng chí", "Số ĐT", "Đơn vị", "Huyện", "Xã", "Từ ngày")
	d.row(2, "Lò Thị Na", "0912700101", "Thư viện xã", "Mèo Vạc", "Không Đâu", "05/03/2019")
	data := d.file()
	r := newRoll(t)
	chosen := Choices{Columns: map[string]Field{"1.A": FieldName}}
	b, err := lexicon().Read(bytes.NewReader(data), "x.xlsx", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	im, err := lexicon().Preview(t.Context(), r, "08", b, chosen, workbook.DefaultLimits)
	if err != nil || im.Count(New) != 1 || im.Count(Faulty) != 2 {
		t.Fatalf("%+v, %v", im, err)
	}
	Keep(b, im.Rows[1:])
	im.Rows = im.Rows[1:]
	var out bytes.Buffer
	titles := map[Field]string{FieldName: "Họ và tên", FieldCommune: "Xã/phường", FieldLibrary: "Đơn vị công tác"}
	err = im.WriteProblems(&out, b, Mending{Sheet: "Danh sách", Why: "Chỗ cần sửa", Row: "Dòng trong tệp cũ", Title: func(f Field) string { return titles[f] }, Of: func(row *ImportRow) string { return row.Problems[0].Code }})
	if err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for sheet, want := range map[string][][]string{
		"Đồng Văn": {{"TT", "Họ và tên", "Thư viện", "Huyện", "Năm sinh", "Từ ngày", "Xã/phường", "Dòng trong tệp cũ", "Chỗ cần sửa"}, {"2", "Sùng 4", "Thư viện xã", "Đồng Văn", "", "05/03/2019", "Xã Lũng Cú", "4", "name.digits"}},
		"Mèo Vạc":  {{"Đồng chí (Họ và tên)", "Số ĐT", "Đơn vị", "Huyện", "Xã", "Từ ngày", "Dòng trong tệp cũ", "Chỗ cần sửa"}, {"Lò Thị Na", "0912700101", "Thư viện xã", "Mèo Vạc", "Không Đâu", "05/03/2019", "2", "commune.lacking"}},
	} {
		rows, err := x.GetRows(sheet)
		if err != nil || !slices.EqualFunc(rows, want, slices.Equal) {
			t.Errorf("%s: %q, %v", sheet, rows, err)
		}
		for i, cell := range want[1] {
			if i == 1 && sheet == "Đồng Văn" {
				cell = "Sùng Bốn"
			}
			if cell == "Không Đâu" {
				cell = "Mèo Vạc"
			}
			if cell == "2" { // the row of the old file says nothing
				cell = "99"
			}
			if err := x.SetCellStr(sheet, workbook.Letter(i)+"2", cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	var mended bytes.Buffer
	if err := x.Write(&mended); err != nil {
		t.Fatal(err)
	}
	again, err := look(t.Context(), r, "08", &mended, "sửa.xlsx", workbook.DefaultLimits)
	if err != nil || again.Count(New) != 2 || again.Rows[0].Entry.Commune != "00715" {
		t.Errorf("mended: %+v, %v", again, err)
	}
}

func TestTheFormIsReadWithoutItsExample(t *testing.T) {
	var out bytes.Buffer
	list := form.Form{List: "Danh sách", Choices: "Danh mục", Hint: "Chọn", Titles: ExportColumns("vi")[1:], Kinds: []string{"Thư viện xã", "Khác"}, Communes: places().Communes(roster.Present, "08"),
		Example: []string{"Ví dụ: Lò Thị Mai", "0912345678", "Công chức", "Thư viện xã", "Thư viện xã", "", "xã Lũng Cú", "05/03/2024"}}
	if err := form.Write(&out, list); err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for i, cell := range []string{"Lò Thị Na", "0912700101", "Công chức", "Thư viện xã", "Thư viện xã", "", "xã Lũng Cú", "05/03/2024"} {
		if err := x.SetCellStr("Danh sách", workbook.Letter(i)+"3", cell); err != nil {
			t.Fatal(err)
		}
	}
	var filled bytes.Buffer
	if err := x.Write(&filled); err != nil {
		t.Fatal(err)
	}
	im, err := look(t.Context(), newRoll(t), "08", &filled, "mau.xlsx", workbook.DefaultLimits)
	if err != nil || len(im.Rows) != 1 || im.Rows[0].Verdict != New || im.Rows[0].Entry.Phone != "0912700101" || im.Rows[0].Entry.Commune != "00715" {
		t.Errorf("%+v, %v", im, err)
	}
	if id, err := x.GetCellStyle("Danh sách", "B7"); err != nil || id == 0 {
		t.Errorf("the cells are not text: %d, %v", id, err)
	}
}

func TestRowsThatAreNobodys(t *testing.T) {
	const head = "STT,Họ và tên,Đơn vị,Xã,SĐT,Từ ngày\n"
	for what, c := range map[string]struct{ rows, want string }{
		"sections and sums": {"I,KHỐI XÃ,,,,\n1,Lò Thị Na,Thư viện xã,Lũng Cú,0912700101,01/02/2020\n,Cộng I,,,1,\nII,HUYỆN ĐỒNG VĂN,,,,\n1. Xã Đồng Văn,,,,,\n1,Lò Thị Nu,Thư viện xã,,0912700102,01/02/2020\n,Tổng cộng,2 người,,,\n,Cộng:,,,,\n",
			"3 Lò Thị Na 00715, 7 Lò Thị Nu 00721"},
		"date and signatures":  {"1,Lò Thị Na,Thư viện xã,Lũng Cú,0912700101,01/02/2020\n,,,,\"Tuyên Quang, ngày 10 tháng 11 năm 2026\",\n,TM. UBND,,,,\n,,,CHỦ TỊCH,,\n,(Ký),,(Ký),,\n,Nguyễn Văn Bảo,,Lê Văn Dự,,\n", "2 Lò Thị Na 00715"},
		"communes with counts": {"A,Xã Lũng Cú,3 người,,,\n1,Lò Thị Na,Thư viện xã,,0912700101,01/02/2020\n,Phường Minh Xuân,,,,\n2,Lò Thị Nu,Thư viện phường,,0912700103,01/02/2020\n", "3 Lò Thị Na 00715, 5 Lò Thị Nu 02215"},
		"libraries as groups":  {",Thư viện xã Lũng Cú,,,,\n1,Lò Thị Na,,,0912700101,01/02/2020\n,Tủ sách pháp luật xã Đồng Văn,,,,\n1,Lò Thị Nu,,,0912700102,01/02/2020\n", "3 Lò Thị Na 00715, 5 Lò Thị Nu 00721"},
		"titles on each page":  {"1,Lò Thị Na,Thư viện xã,Lũng Cú,0912700101,01/02/2020\n" + head + "2,Lò Thị Nu,Thư viện xã,Lũng Cú,0912700102,01/02/2020\n", "2 Lò Thị Na 00715, 4 Lò Thị Nu 00715"},
		"numbers beforehand":   {"1,Lò Thị Na,Thư viện xã,Lũng Cú,0912700101,01/02/2020\n2,,,,,\n3,,,Lũng Cú,,\n", "2 Lò Thị Na 00715"},
		"people called so":     {"1,Tống Văn Cộng,Thư viện xã,Lũng Cú,0912700101,01/02/2020\n2,Cống Thị Tông,Thư viện xã,Lũng Cú,0912700102,01/02/2020\n3,Ký Thị Chủ,Thư viện xã,Lũng Cú,0912700103,01/02/2020\n", "2 Tống Văn Cộng 00715, 3 Cống Thị Tông 00715, 4 Ký Thị Chủ 00715"},
	} {
		var got []string
		for _, row := range preview(t, newRoll(t), head+c.rows).Rows {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s", row.Number, row.Entry.Name, row.Entry.Commune)))
			if row.Verdict != New {
				t.Errorf("%s: %+v", what, row)
			}
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %s\nwant %s", what, s, c.want)
		}
	}
}

func TestCellsThatAreLeftOutKeepThePerson(t *testing.T) {
	for _, c := range []struct {
		phone, start string
		want         string // number, day
		said         string // codes, and suggestions of the day
	}{
		{"chưa có", "-", "", "cell.none cell.none+date.today"}, {"Không", "0", "", "cell.none cell.none+date.today"}, {"x", "không rõ", "", "cell.none cell.none+date.today"}, {"12", "lâu rồi", "", "phone.left date.form+date.today"},
		{"\"912,700,101\"", "Năm 2019", "0912700101", "date.form+date.today 01/01/2019"}, {"\"0912,700,102; 0912,700,103\"", "Năm 2019", "0912700102", "phone.first date.form+date.today 01/01/2019"}, {"0912.700.101 hoặc 0912700102", "Năm 2019", "0912700101", "phone.first date.form+date.today 01/01/2019"}, {"0219 3861 234 - 0912700109", "từ 2018 đến nay", "0912700109", "phone.first date.form+date.today 01/01/2018"},
		{"ĐT: 0912700104", "05/2019", "0912700104", "phone.cleaned date.form+date.today 01/05/2019"}, {"84-912-700-107;0912700108", "2019-05", "0912700107", "phone.first date.form+date.today 01/05/2019"},
		{"01233300108", "quý II/2020", "0833300108", "phone.renumbered date.form+date.today 01/04/2020"}, {"", "T4/2023", "", "date.form+date.today 01/04/2023"}, {"", "tháng 4 năm 2023", "", "date.form+date.today 01/04/2023"},
		{"", "5/3/19", "", "date.form+date.today 05/03/2019"}, {"", "03/25/2019", "", "date.form+date.today 25/03/2019"}, {"", "ngày 5 tháng 3 năm 2019", " 05/03/2019", ""}, {"", "5.3.2019", " 05/03/2019", ""}, {"#N/A", "#VALUE!", "", "cell.error cell.error+date.today"},
		{"0912700101\u00a00912700102", "05/03/2019 (QĐ số 12)", "0912700101", "phone.first date.form+date.today 05/03/2019"}, {"0912_700_105", "5-Mar-19", "0912700105", "date.form+date.today 05/03/2019"},
		{"０９１２７００１０７", "20190305", "0912700107", "date.form+date.today 05/03/2019"}, {"0912.7OO.108", "tháng Ba 2019", "0912700108", "date.form+date.today 01/03/2019"}, {"0912·700·106", "05 thg 3 2019", "0912700106", "date.form+date.today 05/03/2019"},
		{"", "05/03/2119", "", "date.future+date.today"}, {"0912700108 chung với 0912700109 và 0912", "2019.0", "0912700108", "phone.first date.form+date.today 01/01/2019"},
		{"", "2/2/98", "", "date.form+date.today 02/02/1998"}, {"", "31/02/2019", "", "date.form+date.today"},
	} {
		row := preview(t, newRoll(t), "Họ và tên,Đơn vị,Xã,SĐT,Từ ngày\nLò Thị Na,Thư viện xã,Lũng Cú,"+c.phone+","+c.start+"\n").Rows[0]
		got := row.Entry.Phone
		if row.dated {
			got += " " + shown(row.Entry.On)
		}
		var said []string
		for _, p := range row.Warnings {
			said = append(said, codes(p))
			if p.Field == FieldStart {
				said = append(said, p.Suggestions...)
			}
		}
		if s := strings.Join(said, " "); row.Verdict != New || got != c.want || s != c.said {
			t.Errorf("%q, %q: %s, %q, %q; want %q, %q", c.phone, c.start, row.Verdict, got, s, c.want, c.said)
		}
	}
}

// Whose post is one of those that sign lists is no signature, and nobody below them is.
func TestWhoseRowLooksLikeASignatureIsRead(t *testing.T) {
	csv := func(rows string) func() string {
		return func() string { return "Họ và tên,SĐT,Chức vụ,Đơn vị,Xã\n" + rows }
	}
	for what, c := range map[string]struct {
		file func() string
		want []string
	}{
		"a post that signs": {csv("Đặng Thị Páo,,Phó chủ tịch,,xã Lũng Cú\nGiàng Seo Lân,,Giám đốc,Trung tâm học tập cộng đồng,xã Lũng Cú\nLò Thị Na,,Thủ thư,,xã Đồng Văn\n" +
			",,,,\nNgười lập biểu,,,,Giám đốc\n(Ký tên),,,,(Ký tên)\nTrần Thị Bưởi,,,,Nguyễn Văn Đoàn\n"), []string{"Đặng Thị Páo", "Giàng Seo Lân", "Lò Thị Na"}},
		"between others, in capitals": {csv("ĐẶNG THỊ MAI,,Thủ thư,,phường Hà Giang 2\nĐẶNG THỊ PÁO,,Phó chủ tịch,,xã Ngọc Đường\nnguyen thi thuy,0900000004,Thủ thư,Thư viện xã,xã Lũng Cú\n"),
			[]string{"ĐẶNG THỊ MAI", "ĐẶNG THỊ PÁO", "nguyen thi thuy"}},
		"where joined cells tell the place": {func() string {
			d := newDraft(t, "S")
			d.row(1, "Họ và tên", "SĐT", "Chức vụ", "Đơn vị", "Xã", "Huyện")
			d.row(2, "Lò Thị Na", "0912000001", "Thủ thư", "Thư viện xã", "xã Lũng Táo", "huyện Đồng Văn")
			d.row(3, "Đặng Thị Páo", "", "Phó chủ tịch")
			d.row(4, "Vừ A Hoa", "", "Phó chủ tịch")
			d.row(5, "Vừ A Lan", "", "Thủ thư")
			d.must(d.MergeCell("S", "E2", "E5"))
			d.must(d.MergeCell("S", "F2", "F5"))
			return string(d.file())
		}, []string{"Lò Thị Na", "Đặng Thị Páo", "Vừ A Hoa", "Vừ A Lan"}},
	} {
		var got []string
		for _, row := range preview(t, newRoll(t), c.file()).Rows {
			got = append(got, row.typedName())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: read %q, want %q", what, got, c.want)
		}
	}
}

// What stands in the column of names and is none of one person enters nobody.
func TestWhatIsNoNameOfOnePerson(t *testing.T) {
	for in, want := range map[string]string{
		"Chưa có": "name.empty", "Khuyết": "name.empty", "chưa bố trí": "name.empty", "Trưởng thôn": "name.post", "Hiệu trưởng trường TH": "name.post", "Cán bộ văn hóa": "name.post",
		"Lò Thị Na và Lò Thị Nu": "name.two", "Lò Thị Na, Lò Thị Nu": "name.two", "Lò Thị Na/Vàng Thị Nu": "name.two", "Lò Thị Na\nVàng Văn Nu": "name.two", "Lò Seo Na + Lò Nu": "name.two", "Lò A Na Lò A Nu": "name.two",
		// these are names
		"Trương Thôn": "", "Và Bá Chò": "", "Trọng": "", "Na": "", "Hồ Thị Và": "", "Y Čan Êban": "", "Lò Thị Khuyết": "", "Công Tằng Tôn Nữ Thị Hương": "", "Mai Thị Thanh Mai": "", "Nguyễn Thị\nThúy Hằng": "", "Nguyễn Thị Ngọc Mai Anh Thư": "",
	} {
		row := preview(t, newRoll(t), "Họ và tên,Đơn vị,Xã,Từ ngày\n\""+in+"\",Thư viện xã,Lũng Cú,05/03/2019\nLò Thị Ưng,Thư viện xã,Lũng Cú,05/03/2019\n").Rows[0]
		got := ""
		if len(row.Problems) > 0 {
			got = row.Problems[0].Code
		}
		if got != want {
			t.Errorf("%q: %q %+v, want %q", in, got, row.Entry, want)
		}
	}
	b, err := lexicon().Read(strings.NewReader("Họ và tên,Đơn vị,Xã,Từ ngày\nNguyeãn Thò Hoàng,Thư viện xã,Lũng Cú,05/03/2019\n"), "a.csv", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	im, err := lexicon().Preview(t.Context(), newRoll(t), "08", b, Choices{Codes: map[letters.Code]letters.Code{letters.VNI: letters.Unicode}}, workbook.DefaultLimits)
	if err != nil || len(im.Rows[0].Problems) != 1 || im.Rows[0].Problems[0].Code != "name.coded" || !slices.Equal(im.Rows[0].Problems[0].Suggestions, []string{"Nguyễn Thị Hồng"}) {
		t.Errorf("an old code that was left as it is: %+v, %v", im.Rows[0], err)
	}
	row := preview(t, newRoll(t), "Họ và tên,Đơn vị,Xã,Từ ngày\nNguyễnThị Na,Thư viện xã,Lũng Cú,05/03/2019\n").Rows[0]
	if row.Entry.Name != "Nguyễn Thị Na" || len(row.Warnings) != 1 || row.Warnings[0].Code != "name.parted" {
		t.Errorf("%+v", row)
	}
}

// Where people work is told in many ways beside a column: the name of the sheet, headings over the list and in it, a
// sign for "as above", a row of titles in the middle of the sheet.
func TestWhereAListSaysItsCommunes(t *testing.T) {
	people := func(d *draft, n int, from int, titles ...any) {
		d.row(n, titles...)
		for i := range 2 {
			d.row(n+1+i, i+1, eight[from+i].name, "Thư viện", eight[from+i].phone)
		}
	}
	titles := []any{"STT", "Họ và tên", "Đơn vị công tác", "SĐT"}
	for what, c := range map[string]struct {
		make func(d *draft)
		want []string // communes or problems
	}{
		"sheets": {func(d *draft) {
			people(d, 1, 0, titles...)
			people(d.on("P. Minh Xuân"), 1, 2, titles...)
		}, []string{"00715", "00715", "02215", "02215"}},
		"a heading over the titles": {func(d *draft) {
			d.must(d.SetSheetName("Xã Lũng Cú", "A"))
			d.sheet = "A"
			d.row(1, "UBND XÃ ĐỒNG VĂN")
			people(d, 3, 0, titles...)
		}, []string{"00721", "00721"}},
		"headings with a count": {func(d *draft) {
			d.must(d.SetSheetName("Xã Lũng Cú", "A"))
			d.sheet = "A"
			people(d, 1, 0, titles...)
			d.must(d.InsertRows("A", 2, 1))
			d.row(2, "1", "P. Minh Xuân: 2 người")
			d.row(5, "Thư viện xã Đồng Văn", "", "")
			d.row(6, 3, eight[2].name, "Thư viện", eight[2].phone)
			d.row(7, "Trang 1")
			d.row(8, titles...)
			d.row(9, 4, eight[3].name, "Thư viện", eight[3].phone)
		}, []string{"02215", "02215", "00721", "00721"}},
		"as above": {func(d *draft) {
			d.row(1, "Họ và tên", "Đơn vị", "Xã/phường", "Từ ngày")
			for i, commune := range []string{"xã Đồng Văn", "nt", "\"", "như trên"} {
				d.row(2+i, eight[i].name, "Thư viện", commune, "05/03/2019")
			}
		}, []string{"00721", "00721 cell.ditto", "00721 cell.ditto", "00721 cell.ditto"}},
		"said once": {func(d *draft) {
			d.must(d.SetSheetName("Xã Lũng Cú", "A"))
			d.sheet = "A"
			d.row(1, "Họ và tên", "Đơn vị", "Xã/phường", "Từ ngày")
			for i, commune := range []string{"xã Đồng Văn", ""} {
				d.row(2+i, eight[i].name, "Thư viện", commune, "05/03/2019")
			}
		}, []string{"00721", "commune.empty [xã Đồng Văn (00721)]"}},
		"two lists in a sheet": {func(d *draft) {
			d.row(1, "Họ và tên", "Chức vụ", "Đơn vị", "Xã/phường", "Từ ngày")
			d.row(2, eight[0].name, "Thủ thư", "Thư viện", "xã Đồng Văn", "05/03/2019")
			d.row(4, "Họ và tên", "Số điện thoại", "Đơn vị", "Xã/phường", "Từ ngày")
			d.row(5, eight[1].name, "0912700102", "Thư viện", "xã Lũng Cú", "05/03/2019")
		}, []string{"00721", "00715"}},
		"a heading of a unit that was split": {func(d *draft) {
			d.must(d.SetSheetName("Xã Lũng Cú", "A"))
			d.sheet = "A"
			d.row(1, "HUYỆN VỊ XUYÊN")
			d.row(2, "XÃ VIỆT LÂM")
			people(d, 3, 0, titles...)
		}, []string{"commune.split", "commune.split"}},
		"a list of one commune, as its title says": {func(d *draft) {
			d.must(d.SetSheetName("Xã Lũng Cú", "A"))
			d.sheet = "A"
			d.row(1, "DANH SÁCH CÁN BỘ THƯ VIỆN XÃ ĐỒNG VĂN")
			d.row(2, "Họ và tên", "Thư viện", "Từ ngày")
			d.row(3, eight[0].name, "Tủ sách thôn 1", "05/03/2019")
			d.row(4, eight[1].name, "Thư viện xã Lũng Cú", "05/03/2019")
		}, []string{"00721", "00715"}},
		"the name and the code of a unit under its title": {func(d *draft) {
			d.row(1, "Họ và tên", "Đơn vị", "", "Xã", "", "Từ ngày")
			d.row(2, "", "Mã", "Tên", "Mã", "Tên", "")
			d.row(3, eight[0].name, "17", "Thư viện", "00721", "Đồng Văn", "05/03/2019")
			for _, cells := range []string{"A1:A2", "B1:C1", "D1:E1", "F1:F2"} {
				d.must(d.MergeCell(d.sheet, strings.Split(cells, ":")[0], strings.Split(cells, ":")[1]))
			}
		}, []string{"00721"}},
		"a commune in short, in the unit": {func(d *draft) {
			d.row(1, "Họ và tên", "Đơn vị", "Từ ngày")
			d.row(2, eight[0].name, "UBND X. Đồng Văn", "05/03/2019")
			d.row(3, eight[1].name, "Thư viện P.Minh Xuân", "05/03/2019")
			d.row(4, eight[2].name, "UBND x.Hòa An", "05/03/2019")
		}, []string{"00721", "02215", "02353"}},
		"an address in the middle of which the commune stands": {func(d *draft) {
			d.row(1, "Họ và tên", "Đơn vị", "Xã, huyện, tỉnh", "Từ ngày")
			d.row(2, eight[0].name, "Thư viện", "Thôn 3, xã Hòa An, huyện Chiêm Hóa, Tuyên Quang", "05/03/2019")
			d.row(3, eight[1].name, "Thư viện", "xã Tân Tiến - Yên Sơn - Tuyên Quang", "05/03/2019")
		}, []string{"02353", "02470 commune.former"}},
		"the address of the library": {func(d *draft) {
			d.row(1, "Họ và tên", "Tên thư viện", "Địa chỉ thư viện", "Từ ngày")
			d.row(2, eight[0].name, "Thư viện xã", "Thôn 3, xã Hòa An", "05/03/2019")
			d.row(3, eight[1].name, "Thư viện xã Lũng Cú", "Khu phố chợ", "05/03/2019")
			d.row(4, eight[2].name, "Thư viện xã Lũng Cú", "xã Không Có", "05/03/2019")
		}, []string{"02353", "00715", "commune.unknown"}},
		"what a unit is now": {func(d *draft) {
			d.row(1, "Họ và tên", "Đơn vị", "Xã/phường", "Huyện", "Tỉnh", "Từ ngày")
			d.row(2, eight[0].name, "Thư viện", "xã Má Lé nay là xã Lũng Cú", "", "", "05/03/2019")
			d.row(3, eight[1].name, "Thư viện", "TT. Yên Phú", "Bắc Mê", "HG", "05/03/2019")
			d.row(4, eight[2].name, "Thư viện", "phường Minh Xuân", "", "TQ", "05/03/2019")
			d.row(5, eight[3].name, "Thư viện", "phường Minh Xuân", "", "CB", "05/03/2019")
		}, []string{"00715", "00991 commune.former", "02215", "province.unknown"}},
	} {
		d := newDraft(t, "Xã Lũng Cú")
		c.make(d)
		im := preview(t, newRoll(t), string(d.file()))
		var got []string
		for _, row := range im.Rows {
			s := row.Entry.Commune
			if len(row.Problems) > 0 {
				if s = row.Problems[0].Code; len(row.Problems[0].Suggestions) > 0 && s == "commune.empty" {
					s += fmt.Sprint(" ", row.Problems[0].Suggestions)
				}
			}
			for _, p := range slices.Concat(row.Notes, row.Warnings) {
				if p.Field == FieldCommune && p.Code != "commune.kind" {
					s += " " + p.Code
				}
			}
			got = append(got, s)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
		if what == "two lists in a sheet" && (im.Rows[1].Entry.Post != "" || im.Rows[1].Entry.Phone != "0912700102") {
			t.Errorf("the titles of the second list are not read: %+v", im.Rows[1].Entry)
		}
	}
}

func TestNamesWithoutWhatIsNoneOfThem(t *testing.T) {
	for in, want := range map[string]string{
		"ThS. Lò Thị Na": "Lò Thị Na", "ThS.Lò Thị Na": "Lò Thị Na", "Bà Lò Thị Na": "Lò Thị Na", "Ông Lò Văn An": "Lò Văn An", "Ông: Lò Văn": "Lò Văn", "Ông Cao Thắng": "Ông Cao Thắng", "Đ/c Lò Thị Na": "Lò Thị Na", "Đồng chí Lò Thị Na": "Lò Thị Na", "PGS.TS Lò Thị Na": "Lò Thị Na",
		"Lò Thị Na (Năm)": "Lò Thị Na", "Lò Thị Na (1985)": "Lò Thị Na", "Lò Thị Na, 1985": "Lò Thị Na", "Lò Thị Na - SN 1985": "Lò Thị Na", "3. Lò Thị Na": "Lò Thị Na", "Cô Lò Thị Na": "Lò Thị Na", "Anh Thư": "Anh Thư", "Bà Na": "Bà Na", "CN. Lò Thị Na": "Lò Thị Na", "Lò Thị Na;": "Lò Thị Na",
		"Chí Thị Đồng": "Chí Thị Đồng", "Th.S Lò Thị Na": "Lò Thị Na", "BS.CKI Lò Thị Na": "Lò Thị Na", "Nhà giáo Lò Thị Na": "Lò Thị Na", "Lò Thị Na - PCT": "Lò Thị Na", "Lò Thị Na – Hiệu trưởng": "Lò Thị Na", "Lò Thị Na*": "Lò Thị Na",
		"H'Hen - Niê": "H'Hen - Niê", "Y-Sơn Niê Kđăm": "Y-Sơn Niê Kđăm", "Lò Thị Na -GV": "Lò Thị Na", "Lò Thị Na, Hiệu trưởng trường TH": "Lò Thị Na", "Lò Thị Na- PCT": "Lò Thị Na", "Cô giáo Lò Thị Na": "Lò Thị Na", "Thầy giáo Lò Văn An": "Lò Văn An", "Giáo viên Lò Thị Na": "Lò Thị Na", "Thủ thư: Lò Thị Na": "Lò Thị Na", "Đồng chí: Lò Thị Na": "Lò Thị Na",
		"- Lò Thị Na": "Lò Thị Na", "+ Lò Thị Na": "Lò Thị Na", "· Lò Thị Na": "Lò Thị Na", "“Lò Thị Na”": "Lò Thị Na", "Lò Thị Na.": "Lò Thị Na", "Lò_Thị_Na": "Lò Thị Na", "Lò Thị •Na": "Lò Thị Na", "\uf0b7 Lò Thị Na ★": "Lò Thị Na", "H’Hen’": "H’Hen’", "-": "-",
	} {
		if got, _ := cell.Name(in, false); got != want {
			t.Errorf("cell.Name(%q) is %q, want %q", in, got, want)
		}
	}
	if got, _ := cell.Name("Ông Cao Thắng", true); got != "Cao Thắng" {
		t.Errorf("where others are called Bà: %q", got)
	}
}
