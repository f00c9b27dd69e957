package intake

import (
	"os"
	"strings"
	"sync"
	"testing"

	"lopban/courses/roster"
	"lopban/courses/workbook"
)

var trainings = sync.OnceValue(func() *Lexicon {
	l, err := ReadTrainings(os.DirFS("../../../content"))
	if err != nil {
		panic(err)
	}
	return l
})

func trained(t testing.TB, r *roster.Roll, file string, chosen Choices) *Import {
	t.Helper()
	b, err := trainings().Read(strings.NewReader(file), "tap-huan.csv", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	im, err := trainings().Trainings(t.Context(), r, "08", b, chosen, workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestAListOfTrainingsSaysWho(t *testing.T) {
	r := newRoll(t)
	apply(t, r, preview(t, r, twoPeople))
	before := everything(t, r)
	im := trained(t, r, `DANH SÁCH HỌC VIÊN LỚP TẬP HUẤN NĂM 2024
STT,Họ và tên,Số điện thoại,Đơn vị công tác,Xã,Tên lớp tập huấn,Mảng,Đơn vị tổ chức,Ngày cấp,Số giấy,Số tiết,Ngày sinh
1,Vừ A Dính,0912345678,Thư viện xã Ngọc Đường,xã Ngọc Đường,Nghiệp vụ thư viện cơ sở,Dịch vụ thư viện,Thư viện Quốc gia,14/06/2024,123/GCN,16 tiết,01/01/1990
2,Vừ A Dính,0912345678,Thư viện xã Ngọc Đường,xã Ngọc Đường,Kể chuyện theo sách,Khuyến đọc,Thư viện tỉnh,2024-11-20,,8,
3,Lò Thị Mái,,Trung tâm học tập cộng đồng,00691,Khuyến đọc,Khuyến đọc,Thư viện tỉnh,20/11/2024,,,
4,Sùng Thị Chưa Có,,Thư viện xã Ngọc Đường,xã Ngọc Đường,Khuyến đọc,Khuyến đọc,Thư viện tỉnh,20/11/2024,,,
5,Vừ A Dính,0912345678,,,Khóa lạ,Nấu ăn,Thư viện tỉnh,hôm qua,,nhiều,
`, Choices{})
	if len(im.Rows) != 5 {
		t.Fatalf("%d rows", len(im.Rows))
	}
	dinh := im.Rows[0].Person
	first := im.Training(&im.Rows[0])
	if im.Rows[0].Verdict != Same || dinh == "" || first.Strand != "library-service" || first.Title != "Nghiệp vụ thư viện cơ sở" ||
		first.Organiser != "Thư viện Quốc gia" || !first.On.Equal(day("2024-06-14")) || first.Paper != "123/GCN" || first.Periods != 16 {
		t.Errorf("the first row: %+v of %s %q", first, im.Rows[0].Verdict, dinh)
	}
	if second := im.Training(&im.Rows[1]); im.Rows[1].Person != dinh || second.Strand != "reading-promotion" || !second.On.Equal(day("2024-11-20")) {
		t.Errorf("somebody was trained twice: %+v of %+v", second, im.Rows[1])
	}
	if im.Rows[2].Verdict != Asked || len(im.Rows[2].Question.Maybe) != 1 {
		t.Errorf("another mark is asked about: %+v", im.Rows[2])
	}
	if row := im.Rows[3]; row.Verdict != Faulty || row.Problems[0].Code != "row.nobody" {
		t.Errorf("who is not on the roster: %+v", row)
	}
	im.Training(&im.Rows[4])
	var codes []string
	for _, p := range im.Rows[4].Problems {
		codes = append(codes, p.Code+" "+p.Column)
	}
	if got := strings.Join(codes, ", "); got != "row.strand G, row.on I, row.periods K" {
		t.Errorf("problems %s", got)
	}
	for _, c := range im.Ignored() {
		if c.Title == "Ngày sinh" && !c.Private {
			t.Error("a date of birth is read")
		}
	}
	answered := trained(t, r, "Họ và tên,Đơn vị công tác,Xã,Khóa học\nLò Thị Mái,Trung tâm học tập cộng đồng,00691,Khuyến đọc\n",
		Choices{Answers: map[string]string{"2": im.Rows[2].Question.Maybe[0].Answer}})
	if answered.Rows[0].Verdict != Same || answered.Rows[0].Entry.Name != "Lò Thị Mai" {
		t.Errorf("answered: %+v", answered.Rows[0])
	}
	if after := everything(t, r); len(after) != len(before) {
		t.Error("the roster was changed")
	}
}
