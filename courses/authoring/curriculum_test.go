package authoring

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark/text"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
)

// What a course must be for its certificate to mean something: its quizzes ask more than whoever knows nothing of it
// can guess, and its lessons are short enough to be read.
const (
	poolLeast     = 12  // scored questions of a lesson
	asked         = 7   // of them, at each attempt
	syllablesMost = 900 // of a Vietnamese lesson
	tablesMost    = 1   // in a lesson
	tableColumns  = 3   // of a table in a lesson
	drawingsLeast = 1   // in a lesson
	sumsMost      = 1   // questions of a course whose answer can be reckoned from the numbers in the question

	longestMost = 0.30 // of single choices whose key is the longest option
	placeMost   = 0.40 // of single choices whose key stands at one place
	pairLeast   = 0.10 // of choose-two questions with their keys at one pair of places
	pairMost    = 0.25
	oneWayMost  = 0.60 // of true-false questions that are true, or false, among all and among those with a cue word
	luckMost    = 0.10 // of attempts that a strategy which knows nothing passes
)

// The questions, the texts and the pictures of the shipped courses, and the chances of whoever knows nothing.
func TestShippedCoursesTestWhatTheyTeach(t *testing.T) {
	all := map[string]*tally{"vi": newTally(), "en": newTally()}
	for id, p := range shipped(t) {
		for _, f := range faultsOf(p) {
			t.Errorf("%s: %s", id, f)
		}
		for lang, sum := range all {
			sum.course(p.Version, lang)
		}
	}
	for _, lang := range []string{"vi", "en"} {
		if n := all[lang].pairsIn(); n < 40 { // too few for shares
			continue
		}
		for _, f := range all[lang].faults() {
			t.Errorf("all courses, %s: %s", lang, f)
		}
	}
}

// shipped are the courses that come with the program, by id. They are read once for all tests, which change nothing.
func shipped(t *testing.T) map[string]Package {
	t.Helper()
	all, err := readShipped()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var readShipped = sync.OnceValues(func() (map[string]Package, error) {
	folders, err := filepath.Glob("../../content/courses/*/course.yaml")
	if err != nil || len(folders) == 0 {
		return nil, fmt.Errorf("no courses: %w", err)
	}
	all := map[string]Package{}
	for _, file := range folders {
		p, m, err := Load(os.DirFS(filepath.Dir(file)))
		if err != nil || m.Errors() {
			return nil, fmt.Errorf("%s: %w: %v", file, err, m)
		}
		all[p.Version.Course] = p
	}
	return all, nil
})

// faultsOf names where a course is not as it must be.
func faultsOf(p Package) []string {
	var faults []string
	fault := func(where, form string, args ...any) { faults = append(faults, where+": "+fmt.Sprintf(form, args...)) }
	for _, r := range p.Sizes() {
		l, ok := p.Version.Lesson(r.ID)
		if !ok {
			continue
		}
		if r.Words.Vi > syllablesMost {
			fault(r.ID, "%d syllables", r.Words.Vi)
		}
		for _, lang := range []string{"vi", "en"} {
			tables, columns := markdown.Tables(l.Body.In(lang))
			if tables > tablesMost || columns > tableColumns {
				fault(r.ID, "%s: %d tables, the widest of %d columns", lang, tables, columns)
			}
			if n := drawingsOf(l.Body.In(lang)); n < drawingsLeast {
				fault(r.ID, "%s: %d drawings", lang, n)
			}
			for _, f := range quizFaults(l.Quiz, p.Version.PassMark, lang) {
				fault(r.ID, "%s: %s", lang, f)
			}
		}
	}
	faults = append(faults, partsMissing(p.Version)...)
	for _, lang := range []string{"vi", "en"} {
		sum := newTally()
		sum.course(p.Version, lang)
		for _, f := range sum.faults() {
			fault(lang, "%s", f)
		}
	}
	return faults
}

// partsMissing names what a course lacks for whoever teaches or inspects it.
func partsMissing(v courses.Version) []string {
	var faults []string
	lacks := func(what string, is bool) {
		if is {
			faults = append(faults, "no "+what)
		}
	}
	lacks("day on which it was checked", v.Checked == "")
	lacks("sources", len(v.Sources) == 0)
	lacks("guide in both languages", v.Guide.Vi == "" || v.Guide.En == "")
	lacks("options in another order", !v.Shuffle)
	lacks("practice task", v.Practice == nil)
	if v.Practice != nil {
		lacks("model answer in both languages", v.Practice.Model.Vi == "" || v.Practice.Model.En == "")
		for _, c := range v.Practice.Rubric {
			lacks("levels of "+c.ID, len(c.Levels) == 0 && c.Points > 1)
		}
	}
	return faults
}

func drawingsOf(body string) int {
	names := markdown.Pictures(markdown.LessonParser.Parse(text.NewReader([]byte(body))))
	return len(slices.DeleteFunc(names, func(name string) bool { return markdown.MediumOf(name) != markdown.PictureFile }))
}

// quizFaults names what is wrong with the quiz of one lesson in one language.
func quizFaults(q courses.Quiz, pass int, lang string) []string {
	var faults []string
	fault := func(form string, args ...any) { faults = append(faults, fmt.Sprintf(form, args...)) }
	pool := 0
	for _, one := range q.Questions {
		if !one.Kind.Scored() {
			continue
		}
		pool++
		if one.Feedback.In(lang) == "" {
			fault("%s has no feedback for who left it blank", one.ID)
		}
		for i, o := range one.Options {
			if o.Feedback.In(lang) == "" {
				fault("%s: option %d has no feedback", one.ID, i+1)
			}
		}
	}
	if pool < poolLeast || q.Asked() != asked {
		fault("%d of %d questions are asked", q.Asked(), pool)
	}
	best, by, luck, lucky := 0.0, "", 0.0, ""
	ways, attempts := strategies(q, lang), attemptsAt(q)
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		shares := ways[name]
		if score := scoreOf(q, shares); score > best {
			best, by = score, name
		}
		if share := luckOf(attempts, pass, shares); share > luck {
			luck, lucky = share, name
		}
	}
	if best >= float64(pass) {
		fault("who knows nothing earns %.0f %% of all questions (%s)", best, by)
	}
	if luck > luckMost {
		fault("who knows nothing passes %.0f %% of the attempts (%s)", 100*luck, lucky)
	}
	return faults
}

// Each measure finds what it is for.
func TestMeasuresOfACourse(t *testing.T) {
	quiz := func(text string) courses.Quiz {
		q, m := gift.ParseQuiz(gift.Source{File: "a.vi.gift", Data: []byte(text)}, gift.Source{File: "a.en.gift", Data: []byte(text)})
		if m.Errors() {
			t.Fatal(m)
		}
		return q
	}
	twelve := func(text string) courses.Quiz {
		all := ""
		for range 12 {
			all += text + "\n\n"
		}
		q := quiz(all)
		q.Draw = []courses.Draw{{Count: asked}}
		return q
	}
	course := func(q courses.Quiz) *tally {
		c := newTally()
		c.course(courses.Version{Modules: []courses.Module{{Lessons: []courses.Lesson{{Quiz: q}}}}}, "vi")
		return c
	}
	for _, c := range []struct {
		gift string
		want string // fault of the quiz or of the course, "" for none
	}{
		{"Ở đâu?{~một#x ~hai#x =ba bốn#x ~năm sáu bảy#x ####y}", ""},
		{"Ở đâu?{~một#x ~hai#x =ba bốn năm#x ~sáu#x ####y}", "who knows nothing earns 100 %"},
		{"Ở đâu?{~một#x ~hai#x =ba bốn năm#x ~sáu#x ####y}", "the key is the longest option in 12 of 12"},
		{"Ở đâu?{~một#x ~chỉ hai ba bốn#x =năm#x ~mọi sáu#x ####y}", "the key stands at place 3 in 12 of 12"},
		{"Ở đâu?{~luôn một#x ~chỉ hai ba bốn#x =năm#x ~mọi sáu#x ####y}", "(none that goes too far"},
		{"Chọn hai.{~%50%một#x ~%-50%hai#x ~%50%ba#x ~%-50%bốn#x ####y}", "options 1 and 3 are right in 12 of 12"},
		{"Chọn hai.{~%50%một#x ~%-50%hai#x ~%50%ba#x ~%-50%bốn#x ####y}", "options 1 and 2 are right in 0 of 12"},
		{"Ở đâu?{~một, hai#x ~hai vì#x =hỏi xã rồi bốn#x ~năm để sáu bảy tám#x ####y}", "(the most careful"},
		{"Where?{~one, two#x ~because three#x =ask and go#x ~so that four five six#x ####y}", "(the most careful"},
		{"Chọn hai.{~%50%hỏi xã#x ~%-50%hai#x ~%-50%ba bốn năm#x ~%50%bốn rồi#x ####y}", "the two most careful"},
		{"Ở đâu?{~hỏi xã#x ~hai vì#x =hỏi tỉnh#x ~năm để sáu bảy tám#x ####y}", ""},
		{"Chọn hai.{~%50%một hai#x ~%50%hai ba#x ~%-50%ba#x ~%-50%bốn#x ####y}", "the two longest"},
		{"Tuy mưa, vẫn mở cửa.{T#x#x####y}", "of 12 true-false questions with “tuy” that hold, 0 do not"},
		{"Vì mưa, thư viện đóng cửa.{F#x#x####y}", "of 0 true-false questions with “vì” that hold, 12 do not"},
		{"Ghi địa chỉ.{F#x#x####y}", "of 0 true-false questions that hold, 12 do not"},
		{"Ghi địa chỉ.{F#x#x####y}", "always False"},
		{"Đếm 6 ngăn, mỗi ngăn 32 cuốn. Mấy cuốn?{#192####y}", "sums:"},
		{"Luật cần 2 tờ báo và mấy bản sách?{#2000####y}", ""},
		{"Ở đâu?{~một ~hai#x =ba bốn#x ~năm sáu bảy#x ####y}", "option 1 has no feedback"},
		{"Ở đâu?{~một#x ~hai#x =ba bốn#x ~năm sáu bảy#x}", "no feedback for who left it blank"},
	} {
		q := twelve(c.gift)
		found := strings.Join(append(quizFaults(q, 60, "vi"), course(q).faults()...), "\n")
		if c.want == "" {
			found = strings.Join(quizFaults(q, 60, "vi"), "\n")
		}
		if !strings.Contains(found, c.want) || c.want == "" && found != "" {
			t.Errorf("%s\n%s\nwant %q", c.gift, found, c.want)
		}
	}
	few := quiz("Ở đâu?{~một#x =hai#x ####y}")
	if found := strings.Join(quizFaults(few, 60, "vi"), "\n"); !strings.Contains(found, "1 of 1 questions are asked") {
		t.Errorf("a quiz of one question: %s", found)
	}
	if n, wide := markdown.Tables("| a | b |\n|---|---|\n| 1 | 2 |\n\n| a | b | c | d |\n|---|---|---|---|\n"); n != 2 || wide != 4 {
		t.Errorf("%d tables, %d columns", n, wide)
	}
	whole, m := LoadFiles(coursetest.Whole())
	if missing := strings.Join(partsMissing(whole.Version), "; "); m.Errors() || missing != "no levels of loi-chao" {
		t.Errorf("%v; missing: %s", m, missing)
	}
	bare, _ := LoadFiles(coursetest.Good())
	if missing := strings.Join(partsMissing(bare.Version), "; "); missing != "no day on which it was checked; no sources; no guide in both languages; no practice task" {
		t.Errorf("missing: %s", missing)
	}
	if n := drawingsOf("![Giá sách](../media/gia.svg)\n\n![Bài hát](../media/hat.mp3)\n"); n != 1 {
		t.Errorf("%d drawings", n)
	}
}

// tally counts what gives keys away, in one language.
type tally struct {
	single, longest int
	places          map[int]int    // of the key of a single choice
	pairs           map[[2]int]int // of the keys of a choose-two question among four options
	said            map[string]int // true-false questions by cue word, and all of them under ""
	right           map[string]int // of those, the true ones
	sums            []string       // ids
	lang            string
	courses         int
}

func newTally() *tally {
	return &tally{places: map[int]int{}, pairs: map[[2]int]int{}, said: map[string]int{}, right: map[string]int{}}
}

func (c *tally) course(v courses.Version, lang string) {
	c.lang, c.courses = lang, c.courses+1
	for _, l := range v.Lessons() {
		for _, q := range l.Quiz.Questions {
			c.question(q)
		}
	}
}

func (c *tally) question(q courses.Question) {
	var keys []int
	for i, o := range q.Options {
		if o.Weight > 0 {
			keys = append(keys, i+1)
		}
	}
	switch {
	case q.Kind == courses.SingleChoice && len(keys) > 0:
		c.single++
		c.places[keys[0]]++
		if slices.Contains(longestOf(q, c.lang), keys[0]-1) {
			c.longest++
		}
	case q.Kind == courses.MultipleChoice && len(keys) == 2 && len(q.Options) == 4:
		c.pairs[[2]int(keys)]++
	case q.Kind == courses.TrueFalse:
		for _, word := range append(cuesIn(q.Prompt.In(c.lang)), "") {
			c.said[word]++
			if rightAnswer(q) {
				c.right[word]++
			}
		}
	case q.Kind == courses.Numerical && isSum(q, c.lang):
		c.sums = append(c.sums, q.ID)
	}
}

func (c *tally) pairsIn() int {
	n := 0
	for _, one := range c.pairs {
		n += one
	}
	return n
}

// faults names the shares that are out of their bounds. A share of few questions is bounded as nearly as whole
// questions can be.
func (c *tally) faults() []string {
	var faults []string
	fault := func(form string, args ...any) { faults = append(faults, fmt.Sprintf(form, args...)) }
	if c.longest > most(longestMost, c.single) {
		fault("the key is the longest option in %d of %d single choices", c.longest, c.single)
	}
	for _, place := range slices.Sorted(maps.Keys(c.places)) {
		if n := c.places[place]; n > most(placeMost, c.single) {
			fault("the key stands at place %d in %d of %d single choices", place, n, c.single)
		}
	}
	pairs := c.pairsIn()
	for _, pair := range [][2]int{{1, 2}, {1, 3}, {1, 4}, {2, 3}, {2, 4}, {3, 4}} {
		if n := c.pairs[pair]; n > most(pairMost, pairs) || n < int(pairLeast*float64(pairs)) {
			fault("options %d and %d are right in %d of %d choose-two questions", pair[0], pair[1], n, pairs)
		}
	}
	for _, word := range slices.Sorted(maps.Keys(c.said)) {
		n, right := c.said[word], c.right[word]
		if max(right, n-right) > most(oneWayMost, n) {
			fault("of %d true-false questions %sthat hold, %d do not", right, map[bool]string{true: "with “" + word + "” "}[word != ""], n-right)
		}
	}
	if c.courses < 2 && len(c.sums) > sumsMost && c.lang == "vi" {
		fault("sums: %s", strings.Join(c.sums, ", "))
	}
	return faults
}

func most(share float64, n int) int { return int(math.Ceil(share*float64(n) - 1e-9)) }

// Words that tell whoever knows nothing whether a sentence is true: it is softened, it goes too far, or it gives a
// reason for itself. Words that are no such cue but hold one are taken out first.
var (
	softCues = []string{"tuy", "dù", "thay vì", "chứ", "although", "though", "even", "instead"}
	hardCues = []string{"chỉ", "luôn", "mọi", "tất cả", "không bao giờ", "bao giờ cũng", "only", "always", "never", "all", "every"}
	whyCues  = []string{"để", "vì", "nên", "so", "because", "since"}
	notCues  = regexp.MustCompile(`địa chỉ|chỉ tiêu|chỉ số|chỉ đạo|chứng chỉ|chỉ dẫn|chỉ huy|chỉ thị|chỉ định`)
)

func cuesIn(said string) []string {
	said = " " + strings.Join(strings.FieldsFunc(notCues.ReplaceAllString(strings.ToLower(markdown.Plain(said)), ""), func(r rune) bool {
		return strings.ContainsRune(" .,;:?!()“”\"'…–-/", r)
	}), " ") + " "
	var cues []string
	for _, word := range slices.Concat(softCues, hardCues, whyCues) {
		if strings.Contains(said, " "+word+" ") {
			cues = append(cues, word)
		}
	}
	return cues
}

func rightAnswer(q courses.Question) bool {
	return slices.ContainsFunc(q.Options, func(o courses.Option) bool { return o.ID == "true" && o.Weight == 1 })
}

// longestOf are the places of the options that no other is longer than.
func longestOf(q courses.Question, lang string) []int {
	var places []int
	longest := 0
	for i, o := range q.Options {
		n := utf8.RuneCountInString(markdown.Plain(o.Text.In(lang)))
		if n > longest {
			longest, places = n, nil
		}
		if n == longest {
			places = append(places, i)
		}
	}
	return places
}

var figure = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)*`)

// isSum tells whether the answer is a sum, a difference, a product or a quotient of numbers that the question gives.
func isSum(q courses.Question, lang string) bool {
	var given []float64
	total, product := 0.0, 1.0
	for _, s := range figure.FindAllString(markdown.Plain(q.Prompt.In(lang)), -1) {
		if n, ok := courses.ParseNumber(lang, s, nil); ok {
			given = append(given, n)
			total, product = total+n, product*n
		}
	}
	if len(given) < 2 {
		return false
	}
	results := []float64{total, product}
	for i, a := range given {
		for j, b := range given {
			if i != j {
				results = append(results, a+b, a-b, a-b+1, a*b, a/b, math.Ceil(a/b), 100*a/b, math.Round(100*a/b))
			}
		}
	}
	return slices.ContainsFunc(results, func(n float64) bool {
		return slices.ContainsFunc(q.Ranges, func(r courses.Range) bool { return r.Weight == 1 && n >= r.Min-1e-9 && n <= r.Max+1e-9 })
	})
}

// strategies are what whoever knows nothing earns of each scored question on average, by id: each has a way with every
// kind of question. A way with one kind alone earns less than these.
func strategies(q courses.Quiz, lang string) map[string]map[string]float64 {
	long := func(o courses.Option) int { return utf8.RuneCountInString(markdown.Plain(o.Text.In(lang))) }
	careful := func(o courses.Option) int { return care(o.Text.In(lang)) }
	modest := func(o courses.Option) int { return -min(1, goesTooFar(o.Text.In(lang))) }
	singles := map[string]func(courses.Question) []float64{
		"the longest":            func(q courses.Question) []float64 { return best(q, 1, long) },
		"none that goes too far": func(q courses.Question) []float64 { return best(q, 1, modest) },
		"the most careful":       func(q courses.Question) []float64 { return best(q, 1, careful) },
	}
	doubles := map[string]func(courses.Question) []float64{
		"options 1 and 3":      func(courses.Question) []float64 { return []float64{1, 0, 1} },
		"the two longest":      func(q courses.Question) []float64 { return best(q, 2, long) },
		"the two most careful": func(q courses.Question) []float64 { return best(q, 2, careful) },
	}
	guesses := map[string]func(courses.Question) bool{
		"always False": func(courses.Question) bool { return false },
		"always True":  func(courses.Question) bool { return true },
		"cue words": func(q courses.Question) bool {
			return slices.ContainsFunc(cuesIn(q.Prompt.In(lang)), func(word string) bool { return slices.Contains(softCues, word) })
		},
	}
	all := map[string]map[string]float64{}
	for one := range singles {
		for two := range doubles {
			for three := range guesses {
				all[one+", "+two+", "+three] = map[string]float64{}
			}
		}
	}
	for _, question := range q.Questions {
		if !question.Kind.Scored() {
			continue
		}
		earned := map[string]float64{}
		switch question.Kind {
		case courses.SingleChoice:
			for name, way := range singles {
				earned[name] = worthOf(question, way(question))
			}
		case courses.MultipleChoice:
			for name, way := range doubles {
				earned[name] = worthOf(question, way(question))
			}
		case courses.TrueFalse:
			for name, way := range guesses {
				if way(question) == rightAnswer(question) {
					earned[name] = 1
				}
			}
		}
		for name, shares := range all {
			for _, way := range strings.Split(name, ", ") {
				shares[question.ID] += earned[way]
			}
			if question.Kind == courses.Matching { // by chance; of what is typed, nothing
				shares[question.ID] = 1 / float64(len(rightsOf(question)))
			}
		}
	}
	return all
}

func rightsOf(q courses.Question) map[string]bool {
	rights := map[string]bool{}
	for _, p := range q.Pairs {
		rights[p.Right] = true
	}
	return rights
}

// best tells how often each option is chosen by whoever chooses the n that are worth most, with lots among equals.
func best(q courses.Question, n int, worth func(courses.Option) int) []float64 {
	values := make([]int, len(q.Options))
	for i, o := range q.Options {
		values[i] = worth(o)
	}
	chosen := make([]float64, len(q.Options))
	for i, mine := range values {
		better, equal := 0, 0
		for _, other := range values {
			switch {
			case other > mine:
				better++
			case other == mine:
				equal++
			}
		}
		chosen[i] = min(1, max(0, float64(n-better)/float64(equal)))
	}
	return chosen
}

// worthOf is the share of a question's mark that options earn which are chosen so often.
func worthOf(q courses.Question, chosen []float64) float64 {
	share := 0.0
	for i, often := range chosen {
		if i < len(q.Options) {
			share += q.Options[i].Weight * often
		}
	}
	return max(share, 0)
}

func goesTooFar(said string) int {
	n := 0
	for _, word := range cuesIn(said) {
		if slices.Contains(hardCues, word) {
			n++
		}
	}
	return n
}

// care is how careful an option sounds: somebody is asked, one thing follows on another, and it does not plead for
// itself. Writers of questions give keys such words, and wrong options their excuses, without knowing it.
func care(said string) int {
	n := 0
	for _, has := range []struct {
		words *regexp.Regexp
		worth int
	}{{asks, 1}, {steps, 1}, {pleads, -1}} {
		if has.words.MatchString(" " + strings.ToLower(markdown.Plain(said)) + " ") {
			n += has.worth
		}
	}
	return n
}

var (
	asks   = regexp.MustCompile(`[ “](hỏi|ask|asks)[ ,.:;]`)
	steps  = regexp.MustCompile(`[,;] | (rồi|và|and|then) `)
	pleads = regexp.MustCompile(` (vì|để|khỏi|kẻo|cho (chắc|đủ|nhanh|kịp|gọn|đẹp|tiện|yên|xong|vui|rõ|khỏi|tròn|sạch|an toàn|dễ|công bằng|đỡ)|because|since|as|so|so that|until|in case|to be safe) `)
)

// scoreOf is what is earned of the scored questions of a quiz, in percent.
func scoreOf(q courses.Quiz, shares map[string]float64) float64 {
	sum, n := 0.0, 0
	for _, one := range q.Questions {
		if one.Kind.Scored() {
			sum += shares[one.ID]
			n++
		}
	}
	return 100*sum/float64(max(n, 1)) + 1e-9
}

// attemptsAt are what many people are asked at their first attempt.
func attemptsAt(q courses.Quiz) []courses.Quiz {
	var all []courses.Quiz
	for i := range 200 {
		all = append(all, q.Drawn("person-"+strconv.Itoa(i), "lesson", 0))
	}
	return all
}

// luckOf is in how many of the attempts the shares are enough to pass.
func luckOf(attempts []courses.Quiz, pass int, shares map[string]float64) float64 {
	passed := 0
	for _, q := range attempts {
		if scoreOf(q, shares) >= float64(pass) {
			passed++
		}
	}
	return float64(passed) / float64(len(attempts))
}
