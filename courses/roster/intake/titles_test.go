package intake

import (
	"slices"
	"testing"
)

// usual are titles of columns as they were found in lists of provinces, departments and communes, in the field's own
// words.
var usual = map[Field][]string{
	FieldName: {"Nhân sự", "Cán bộ", "Ông/Bà", "Cán bộ đầu mối", "CB thư viện", "Tên CBTV", "Người đại diện", "Tên đầy đủ", "Nhân sự phụ trách", "Đ/c phụ trách",
		"Họ và tên", "HỌ TÊN", "Họ và tên cán bộ", "Họ tên cán bộ, công chức", "Họ và tên người phụ trách thư viện", "Họ và tên thủ thư", "Cán bộ thư viện", "Tên cán bộ phụ trách", "Người phụ trách thư viện", "Họ, tên", "Họ & tên",
		"Họ và tên người làm công tác thư viện", "Tên người trông coi tủ sách", "Cán bộ phụ trách (họ tên)", "Thủ thư", "Họ và tên (ghi chữ in hoa)", "Danh sách cán bộ tham gia", "Full name"},
	FieldPhone: {"ĐT/Email", "Số DĐ", "Đ.thoại", "Đ/thoại", "ĐTLH", "Hotline",
		"Số điện thoại", "Điện thoại", "SĐT", "Số ĐT", "ĐT", "ĐTDĐ", "SĐT liên hệ", "Điện thoại liên hệ", "Số điện thoại/Zalo", "Điện thoại di động", "Di động", "Số ĐT di động", "Liên hệ", "Số liên lạc", "Số điện thoại của cán bộ thư viện", "ĐT liên lạc", "Mobile phone"},
	FieldPost: {"CV", "Kiêm nhiệm",
		"Chức vụ", "Chức danh", "Chức vụ, chức danh", "Chức vụ/Vị trí việc làm", "Vị trí việc làm", "Chức vụ, đơn vị", "Chức danh nghề nghiệp", "Chức vụ hiện nay", "Nhiệm vụ được giao", "VTVL", "Công việc đang làm", "Chức vụ của người phụ trách", "Position"},
	FieldLibrary: {"Tên TV", "Điểm phục vụ", "Bộ phận công tác", "Đơn vị công tác", "Đơn vị", "Nơi công tác", "Cơ quan/đơn vị công tác", "Tên thư viện", "Tên thư viện/tủ sách", "Thư viện, tủ sách", "Tên thiết chế", "Nơi làm việc", "Thư viện cơ sở", "Tên cơ sở", "Tên đơn vị", "Cơ quan công tác", "Đơn vị công tác hiện nay",
		"Tủ sách/phòng đọc", "Điểm thư viện", "Library"},
	FieldKind: {"Loại tủ sách", "Nhóm thư viện",
		"Loại thiết chế", "Loại hình", "Loại hình thư viện", "Mô hình thư viện", "Mô hình", "Loại thư viện (xã, tủ sách…)", "Phân loại thư viện"},
	FieldCommune: {"Xã, huyện, tỉnh", "Xã - Huyện", "Xã/ P/ TT", "X/P/TT", "Xã nơi công tác", "Xã phụ trách", "ĐVHC", "Tên đơn vị hành chính", "Địa chỉ xã", "Địa chỉ (xã, huyện)", "Địa chỉ thư viện",
		"Xã, phường", "Xã/phường", "Xã (phường)", "Xã, phường, thị trấn", "Tên xã", "Xã", "UBND xã", "UBND xã/phường", "Xã mới", "Địa bàn", "Đơn vị hành chính", "Tên xã, phường (sau sáp nhập)", "Phường/xã", "Thuộc xã", "Địa phương", "Commune"},
	FieldCommuneCode: {"Mã số xã",
		"Mã xã", "Mã xã/phường", "Mã ĐVHC", "Mã đơn vị hành chính cấp xã"},
	FieldDistrict: {"Huyện/thị/thành phố", "H/TP", "Huyện trước sáp nhập",
		"Huyện", "Quận/huyện", "Huyện, thị xã, thành phố", "Huyện/TP", "Tên huyện", "Huyện (cũ)"},
	FieldProvince: {"Tỉnh cũ", "Tỉnh/TP", "Tỉnh trước sáp nhập",
		"Tỉnh", "Tỉnh/thành phố", "Tên tỉnh"},
	FieldStart: {"Làm thư viện từ", "Từ tháng/năm", "Ngày giao nhiệm vụ", "Ngày quyết định phân công", "Bắt đầu phụ trách thư viện", "Thời gian đảm nhận", "Bắt đầu công tác", "Thời gian vào làm", "Thời gian bổ nhiệm", "Thời gian công tác", "Ngày tiếp nhận", "Ngày ký HĐ", "Ngày làm", "Làm công tác thư viện từ", "Thời điểm nhận công tác",
		"Ngày bắt đầu", "Từ ngày", "Ngày bổ nhiệm", "Năm bắt đầu", "Thời gian phụ trách từ", "Thời gian bắt đầu làm công tác thư viện", "Làm từ ngày", "Ngày nhận nhiệm vụ", "Ngày tháng năm bắt đầu công tác", "Ngày vào làm", "Thời điểm bắt đầu", "Bắt đầu từ", "Ngày nhận công tác",
		"Năm vào làm thư viện", "Ngày tuyển dụng", "Được giao phụ trách từ", "Start date"},
	FieldEnd: {"Thôi việc từ ngày", "Ngày nghỉ hưu", "Nghỉ hưu từ", "Chuyển công tác từ ngày", "Thôi phụ trách từ", "Đến", "Nghỉ việc từ", "Thời điểm nghỉ",
		"Ngày nghỉ", "Ngày nghỉ việc", "Đến ngày", "Ngày thôi việc", "Ngày kết thúc", "Nghỉ từ ngày", "Thời gian kết thúc"},
	fieldNumber: {"S.T.T", "Mã đơn vị", "Mã thư viện",
		"STT", "TT", "Số TT"},
	fieldPrivate: {"Quê", "Nguyên quán", "NTNS", "Số CC", "Phái", "Đoàn viên", "Trình độ chính trị", "TK ngân hàng", "Mã ngạch", "Ảnh", "Chữ ký",
		"Ngày sinh", "Năm sinh", "Ngày, tháng, năm sinh", "Số CCCD", "CCCD/CMND", "Số căn cước công dân", "Dân tộc", "Giới tính", "Nam/Nữ", "Nam", "Nữ", "Quê quán", "Nơi ở hiện nay", "Địa chỉ thường trú", "Địa chỉ", "Email", "Địa chỉ email", "Hộ khẩu thường trú", "Số tài khoản", "Mã số thuế",
		"Tôn giáo", "Đảng viên", "Hệ số lương", "Số sổ BHXH", "Date of birth"},
	"": {"Số lượng bản sách", "Số lượng", "Số nhân viên", "Số năm công tác", "Số thẻ bạn đọc", "Ghi chú", "Trình độ", "Trình độ chuyên môn", "Số bản sách", "Ký nhận", "Diện tích", "Thâm niên", "Số lượt bạn đọc", "Đã tập huấn"},
}

func TestTitlesAreKnownByWhatTheyMean(t *testing.T) {
	good, all := 0, 0
	for want, titles := range usual {
		for _, title := range titles {
			all++
			got, _ := lexicon().field(title)
			if got == FieldUnit {
				got = FieldLibrary // where nothing else names the library
			}
			if got == want {
				good++
			} else {
				t.Errorf("%q is taken for %q, want %q", title, got, want)
			}
		}
	}
	t.Logf("%d of %d titles", good, all)
}

func TestOfTwoColumnsTheSurerIsRead(t *testing.T) {
	for _, c := range []struct {
		titles []string
		want   []Field
	}{
		{[]string{"Cán bộ thư viện", "Họ và tên", "Đơn vị công tác", "Tên thư viện"}, []Field{"", FieldName, FieldUnit, FieldLibrary}},
		{[]string{"Tên", "Đơn vị"}, []Field{FieldName, FieldLibrary}},
		{[]string{"Họ và tên đệm", "Tên", "Xã cũ", "Xã mới"}, []Field{FieldFamily, FieldGiven, "", FieldCommune}},
		{[]string{"Họ và tên", "Xã cũ"}, []Field{FieldName, FieldCommune}},
		{[]string{"Họ và tên", "Liên hệ", "SĐT", "Điện thoại"}, []Field{FieldName, "", FieldPhone, ""}},
		{[]string{"Họ tên", "Chức vụ", "Ngày bổ nhiệm", "Ngày bắt đầu"}, []Field{FieldName, FieldPost, FieldStart, ""}},
	} {
		var got []Field
		for _, column := range lexicon().header(c.titles, nil) {
			got = append(got, column.Field)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.titles, got, c.want)
		}
	}
}

// A list with one column for post and unit says both.
func TestAPostNamesItsUnitWhereNoColumnDoes(t *testing.T) {
	for text, want := range map[string][2]string{
		"Công chức Văn hoá - Xã hội, UBND xã":      {"Công chức Văn hoá - Xã hội", "UBND xã"},
		"Công chức Văn hóa - Xã hội":               {"Công chức Văn hóa - Xã hội", ""},
		"Thủ thư; Thư viện Trường PTDTBT Tiểu học": {"Thủ thư", "Thư viện Trường PTDTBT Tiểu học"},
		"Giáo viên – Trường TH Lũng Cú":            {"Giáo viên", "Trường TH Lũng Cú"},
		"Nhân viên tại Bưu điện xã":                {"Nhân viên", "Bưu điện xã"},
		"PHỤ TRÁCH THƯ VIỆN, NHÀ VĂN HÓA XÃ":       {"PHỤ TRÁCH THƯ VIỆN", "NHÀ VĂN HÓA XÃ"},
		"Phụ trách thư viện, nhà văn hoá xã, Tổ 1": {"Phụ trách thư viện", "nhà văn hoá xã, Tổ 1"},
		"Nhân viên thư viện xã":                    {"Nhân viên thư viện xã", ""},
		"UBND xã":                                  {"UBND xã", ""},
	} {
		im := preview(t, newRoll(t), "Họ và tên,\"Chức vụ, đơn vị\",Mã xã,Từ ngày\nLù Thị Mài,\""+text+"\",00700,01/03/2026\n")
		row := im.Rows[0]
		if want[1] == "" {
			if row.Verdict != Faulty || row.Problems[0].Code != "library.empty" {
				t.Errorf("%s: %+v", text, row)
			}
			continue
		}
		if row.Verdict != New || row.Entry.Post != want[0] || row.Entry.Library != want[1] || len(row.Warnings) != 1 || row.Warnings[0].Code != "library.from" {
			t.Errorf("%s: %s, %q, %q, %+v", text, row.Verdict, row.Entry.Post, row.Entry.Library, row.Warnings)
		}
	}
	// a column for the library decides, empty or not
	row := preview(t, newRoll(t), "Họ và tên,Chức vụ,Thư viện,Mã xã,Từ ngày\nLù Thị Mài,\"Công chức, UBND xã\",Thư viện xã,00700,01/03/2026\n").Rows[0]
	if row.Entry.Post != "Công chức, UBND xã" || row.Entry.Library != "Thư viện xã" {
		t.Errorf("beside a column for the library: %+v", row.Entry)
	}
}
