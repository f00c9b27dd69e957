package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

const (
	practiceShare = 10 // of a hundred who finished a course with a practice task, how many sent theirs
	practiceNear  = 40 // the same in the province of the trainer whose sign-in is printed
	practiceDays  = 60 // how long ago the first was sent
	practiceShots = 12 // different photos
)

// work is somebody's work on a practice task, and what a trainer said of it, if anybody did.
type work struct {
	person int
	fact   courses.Fact
	said   school.Judgement
	seen   time.Time // zero: it waits
}

// practise lets some of those who finished a course send a practice task that nothing waits for, and trainers review
// what is more than a few days old. Its chances are its own: the rest of the region is the same with it and without.
func (r *Region) practise(ctx context.Context) error {
	chance := rand.New(rand.NewPCG(r.seed, 21042026))
	var shots []courses.Picture
	for range practiceShots {
		shot, err := r.s.School.ReadPhoto(drawing(chance))
		if err != nil {
			return err
		}
		shots = append(shots, shot)
	}
	works, err := r.works(ctx, chance, shots)
	if err != nil {
		return err
	}
	return r.each(ctx, "practice tasks", len(works), func(ctx context.Context, i int) error { return r.handIn(ctx, works[i]) })
}

// works decides who sends what, and when.
func (r *Region) works(ctx context.Context, chance *rand.Rand, shots []courses.Picture) ([]work, error) {
	catalogue, err := r.s.School.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	finished := map[string][]string{} // courses, by person
	err = store.Each(ctx, r.s.Roll.Store, school.CertificateKind, store.Query{}, func(c courses.Certificate) error {
		finished[c.Person] = append(finished[c.Person], c.Course)
		return nil
	})
	var all []work
	for i, p := range r.all {
		for _, v := range catalogue {
			share := practiceShare
			if p.Province == Accounts[1].province {
				share = practiceNear
			}
			if v.Practice != nil && !v.Practice.Required && slices.Contains(finished[p.ID], v.Course) && chance.IntN(100) < share {
				all = append(all, r.work(chance, i, v, shots))
			}
		}
	}
	return all, err
}

func (r *Region) work(chance *rand.Rand, person int, v *courses.Version, shots []courses.Picture) work {
	days := 1 + chance.IntN(practiceDays)
	sent := r.evening(-days)
	w := work{person: person, fact: courses.Fact{ID: uuidOf(chance, sent), Kind: "submission", Course: v.Course, At: sent, Text: practiceText(chance, v.Course, r.all[person].Library)}}
	for range chance.IntN(3) {
		if shot := Pick(chance, shots); !slices.ContainsFunc(w.fact.Photos, func(p courses.Picture) bool { return p.Name == shot.Name }) {
			w.fact.Photos = append(w.fact.Photos, shot)
		}
	}
	if days <= 6 || chance.IntN(10) == 0 {
		return w
	}
	w.seen = sent.AddDate(0, 0, 1+chance.IntN(4))
	good := chance.IntN(4) > 0
	w.said = school.Judgement{ID: w.fact.ID, Comment: Pick(chance, practiceAgain)}
	if good {
		w.said.Comment = Pick(chance, practiceGood)
	}
	for _, c := range v.Practice.Rubric {
		points := c.Points / 3
		if good {
			points = c.Points - chance.IntN(2)
		}
		w.said.Findings = append(w.said.Findings, courses.Finding{Criterion: c.ID, Points: points})
	}
	return w
}

// handIn sends a work and reviews it, each on its own day.
func (r *Region) handIn(ctx context.Context, w work) error {
	at := w.fact.At
	rules := &school.School{Store: r.s.Roll.Store, Now: func() time.Time { return at }, BaseURL: r.s.BaseURL}
	p := r.all[w.person]
	receipt, err := rules.Record(ctx, r.s.Learner(p.ID), w.fact)
	if err != nil || receipt.State == courses.Refused {
		return fmt.Errorf("work %s of %s: %s %s %w", w.fact.ID, p.ID, receipt.State, receipt.Reason, err)
	}
	if w.seen.IsZero() {
		return nil
	}
	at = w.seen
	_, _, err = rules.Review(ctx, r.s.Learner(p.ID), p.ID+"/"+w.fact.ID, r.trainers[p.Province], w.said)
	return err
}

var (
	practiceGood = []string{"Sổ rõ, đếm đúng. Lần sau bạn thử nhờ một bạn đọc lớn tuổi xem giúp cỡ chữ trên bìa.", "Kể rất thật, học được nhiều từ chỗ vấp. Bạn giữ cách làm này.",
		"Tốt. Bạn ghi thêm giờ đến của người đọc tại chỗ thì số liệu cuối tháng sẽ đủ hơn."}
	practiceAgain = []string{"Bạn kể hay, nhưng chưa nói buổi ấy có bao nhiêu lượt và đếm cách nào. Thêm phần ấy rồi gửi lại nhé.",
		"Ảnh mờ, chưa đọc được các ô. Bạn chụp lại từ trên xuống, gần cửa sổ; còn lại làm đúng rồi."}
	practiceDone = map[string][]string{
		"LS3": {"Sáng thứ %d ở %s có %d lượt người, %d lượt tài liệu. Tôi vạch lượt người ở góc sổ, cuối buổi đếm dòng mượn. Một bác quên thẻ, tôi tra sổ đăng ký rồi mới cho mượn. Lần sau tôi để sẵn thước kẻ sổ.",
			"Phiên chợ ngày thứ %d, %s mở cửa sớm: %d người ghé, mượn và trả %d cuốn. Đông quá nên tôi ghi số thẻ, ĐKCB, hạn trả trước, hai ô kia điền sau. Có cuốn bị ướt, tôi ghi vào cột Ghi chú."},
		"RP1": {"Chiều thứ %d tôi đọc to ở %s cho %d cháu, dừng %d lần để hỏi. Các cháu đoán sai đoạn cuối nên cười rất to. Có hai cháu nói tiếng Mông, tôi kể lại ý chính. Lần sau tôi chọn truyện ngắn hơn.",
			"Tối thứ %d, sau buổi họp bản, tôi đọc tại %s cho %d người lớn nghe, hỏi %d câu về cách ủ phân. Hai bác kể cách nhà mình làm. Chỗ tên thuốc họ im lặng, lần sau tôi giải thích trước."},
	}
	practiceOther = []string{"Thứ %d vừa rồi tôi làm ở %s: %d người dự, ghi được %d việc. Chỗ khó là rủ mọi người đến đúng giờ. Lần sau tôi báo trước qua loa của bản."}
)

func practiceText(chance *rand.Rand, course, library string) string {
	forms, ok := practiceDone[course]
	if !ok {
		forms = practiceOther
	}
	return fmt.Sprintf(Pick(chance, forms), 2+chance.IntN(6), library, 5+chance.IntN(12), 3+chance.IntN(9))
}

// drawing is a photo for want of one: a page of a register, or books on a shelf.
func drawing(chance *rand.Rand) []byte {
	const w, h = 480, 360
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{0xf4, 0xee, 0xdf, 255}, color.RGBA{0x8a, 0x81, 0x72, 255}, color.RGBA{0x1f, 0x2a, 0x5a, 255},
		color.RGBA{0xb3, 0x26, 0x1e, 255}, color.RGBA{0xe0, 0xa5, 0x26, 255}, color.RGBA{0x2f, 0x6b, 0x3c, 255}, color.RGBA{0x6b, 0x4a, 0x2b, 255}})
	box := func(x, y, wide, high, ink int) {
		draw.Draw(m, image.Rect(x, y, x+wide, y+high), image.NewUniform(m.Palette[ink]), image.Point{}, draw.Src)
	}
	if chance.IntN(2) == 0 {
		for y := 50; y < h-20; y += 34 {
			box(20, y, w-40, 2, 1)
			for x := 30; x < w-60; x += 86 { // a cell that somebody filled in
				for at := range 4 + chance.IntN(8) {
					box(x+6*at, y+10+chance.IntN(10), 4, 2+chance.IntN(8), 2)
				}
			}
		}
		for x := 20; x < w; x += 86 {
			box(x, 50, 2, h-86, 1)
		}
		box(120, 16, 240, 12, 2)
	} else {
		for y := 20; y < h-60; y += 112 {
			for x := 24; x < w-60; {
				wide, high := 14+chance.IntN(20), 60+chance.IntN(30)
				box(x, y+96-high, wide, high, 2+chance.IntN(4))
				box(x+4, y+104-high, wide-8, 6, 0)
				x += wide + 2
			}
			box(12, y+96, w-24, 10, 6)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
