package office

import (
	"errors"
	"io"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// trainingsShown is how many rows of a list stand on its page.
const trainingsShown = 200

type trainingsPage struct {
	page.Frame
	Province  roster.Province
	Provinces []roster.Province
	Waiting   []page.TrainingRow
	Rest      []page.TrainingRow
	More      int // that are not shown
	May       bool
}

// Trainings lists the trainings done elsewhere of a province: first those that wait for a second person.
func (s *Pages) Trainings(c *fiber.Ctx) error {
	province, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	a := *page.VisitorOf(c).Account
	shown := trainingsPage{Frame: s.Frame(c, s.WordsOf(c).T("trainings.title")), Province: province, May: roster.MayEditRoster(a, province.Code)}
	if !a.Has(roster.Staff) {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	if province.Code == "" {
		return s.Page(c, "trainings", shown)
	}
	all, err := s.School.Trainings(c.UserContext(), province.Code)
	if err != nil {
		return err
	}
	for _, row := range page.TrainingRows(all) {
		if row.State() == school.TrainingWaits {
			shown.Waiting = append(shown.Waiting, row)
		} else {
			shown.Rest = append(shown.Rest, row)
		}
	}
	for _, list := range []*[]page.TrainingRow{&shown.Waiting, &shown.Rest} {
		shown.More += max(0, len(*list)-trainingsShown)
		*list = (*list)[:min(len(*list), trainingsShown)]
	}
	return s.Page(c, "trainings", shown)
}

// trainingForm is what was typed of a training.
type trainingForm struct{ Strand, Title, Organiser, Paper, Periods, On string }

func readTraining(c *fiber.Ctx) trainingForm {
	return trainingForm{c.FormValue("strand"), c.FormValue("title"), c.FormValue("organiser"), c.FormValue("paper"),
		c.FormValue("periods"), c.FormValue("on")}
}

// training is what the form says; what cannot be read is left empty, and named by the rules.
func (f trainingForm) training() (courses.Training, error) {
	t := courses.Training{Strand: courses.Strand(f.Strand), Title: f.Title, Organiser: f.Organiser, Paper: f.Paper}
	if text := strings.TrimSpace(f.Periods); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1
		}
		t.Periods = n
	}
	if f.On != "" {
		on, err := page.FormDay(f.On)
		if err != nil {
			return t, problem.Invalid("on", "training-day")
		}
		t.On = on
	}
	return t, nil
}

type trainingNewPage struct {
	page.Frame
	Person    roster.Person
	Place     string
	Own       bool // the visitor enters their own
	Trainings []page.TrainingRow
	Form      trainingForm
	Open      string
	Fault     *page.FormFault
	Today     time.Time
	Files     int
	MB        int
}

// Strands are what a training can count for.
func (trainingNewPage) Strands() []courses.Strand {
	return []courses.Strand{courses.LibraryService, courses.ReadingPromotion}
}

// trainee is the person whose training the visitor may enter: of the address, or themselves.
func (s *Pages) trainee(c *fiber.Ctx) (roster.Person, error) {
	id := c.Params("person")
	if id == "" {
		id = page.VisitorID(c)
	}
	p, err := s.Roll.Kept(c.UserContext(), id)
	if err == nil && !roster.MayEnterTraining(*page.VisitorOf(c).Account, p) {
		err = store.NotFound(roster.PersonKind, id)
	}
	return p, err
}

// TrainingForm asks for a training done elsewhere, and lists those that were entered.
func (s *Pages) TrainingForm(c *fiber.Ctx) error { return s.showTrainingForm(c, trainingForm{}, nil) }

func (s *Pages) showTrainingForm(c *fiber.Ctx, form trainingForm, fault *page.FormFault) error {
	p, err := s.trainee(c)
	if err != nil {
		return err
	}
	all, err := s.School.TrainingsOf(c.UserContext(), p.ID)
	if err != nil {
		return err
	}
	return s.Page(c, "training-new", trainingNewPage{Frame: s.Frame(c, s.WordsOf(c).T("training.new")), Person: p, Place: s.CommuneName(p.Commune),
		Own: p.ID == page.VisitorID(c), Trainings: page.TrainingRows(all), Form: form, Open: "training", Fault: fault, Today: s.Now().In(courses.Vietnam),
		Files: courses.MaxEvidence, MB: courses.MaxEvidenceBytes >> 20})
}

// EnterTraining keeps what the form says with its files. It waits for a second person.
func (s *Pages) EnterTraining(c *fiber.Ctx) error {
	p, err := s.trainee(c)
	if err != nil {
		return err
	}
	form := readTraining(c)
	t, err := form.training()
	if err == nil && s.Disk().Short {
		err = problem.Invalid("evidence", "photo-disk")
	}
	var files [][]byte
	if err == nil {
		files, err = evidenceFiles(c)
	}
	if err == nil {
		t, err = s.Programme.EnterTraining(c.UserContext(), *page.VisitorOf(c).Account, p.ID, t, files)
	}
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showTrainingForm(c, form, fault)
	}
	c.Locals(page.AuditID, "training.enter/"+t.ID) // sent again it is the same training
	if t.By == page.VisitorID(c) {
		if err := s.TellAct(c, programme.AuditEntry{Action: "training.enter", Subject: p.ID, Province: t.Province, Note: t.Title}); err != nil {
			return err
		}
	}
	return page.SeeOther(c, "/trainings/"+page.WorkAddress(t.ID)+"?done=training")
}

// evidenceFiles are the files of a form. A field that was left empty brings one without a name.
func evidenceFiles(c *fiber.Ctx) ([][]byte, error) {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return nil, nil
	}
	form, err := c.MultipartForm()
	if err != nil {
		return nil, fiber.ErrBadRequest
	}
	var all [][]byte
	for _, header := range form.File["evidence"] {
		if header.Filename == "" || header.Size == 0 {
			continue
		}
		if len(all) == courses.MaxEvidence {
			return nil, problem.Invalid("evidence", "training-files", courses.MaxEvidence)
		}
		data, err := readFile(header)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func readFile(header *multipart.FileHeader) ([]byte, error) {
	f, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

type trainingPage struct {
	page.Frame
	page.TrainingRow
	By, RuledBy, GoneBy string // names
	MayRule             bool
	MayTakeBack         bool
	MayWithdraw         bool
	Reason              string
	Open                string
	Fault               *page.FormFault
}

// oneTraining is a training that the visitor may read: their own, or one of a province that they look after.
func (s *Pages) oneTraining(c *fiber.Ctx) (school.Trained, error) {
	t, err := s.School.Training(c.UserContext(), page.WorkID(c.Params("training")))
	if err != nil {
		return t, err
	}
	a := *page.VisitorOf(c).Account
	if roster.MayReadPeople(a, t.Province) {
		return t, nil
	}
	own, err := s.Entries.Of(c.UserContext(), a.ID)
	if err == nil && !slices.Contains(own, t.Person) {
		p, kept := s.Roll.Kept(c.UserContext(), t.Person) // who moved is read by the province of now
		if err = kept; err == nil && !roster.MayReadPerson(a, p) {
			err = store.NotFound(school.TrainingKind, t.ID)
		}
	}
	return t, err
}

// Training shows a training with what shows it, and what may be done with it.
func (s *Pages) Training(c *fiber.Ctx) error { return s.showTraining(c, "", nil) }

func (s *Pages) showTraining(c *fiber.Ctx, open string, fault *page.FormFault) error {
	t, err := s.oneTraining(c)
	if err != nil {
		return err
	}
	a, name := *page.VisitorOf(c).Account, s.Namer(c.UserContext())
	shown := trainingPage{Frame: s.Frame(c, s.WordsOf(c).T("training.title")), TrainingRow: page.TrainingRows([]school.Trained{t})[0], By: name(t.By),
		Reason: c.FormValue("reason"), Open: open, Fault: fault}
	learnt, err := s.School.IsOneOf(c.UserContext(), a.ID, t.Person)
	if err != nil {
		return err
	}
	entered, err := s.School.IsOneOf(c.UserContext(), a.ID, t.By)
	if err != nil {
		return err
	}
	rules := roster.MayRuleTraining(a, t.Province) && !learnt
	waits := t.State() == school.TrainingWaits
	shown.MayRule, shown.MayTakeBack = waits && rules && !entered, waits && entered
	shown.MayWithdraw = t.State() == school.TrainingAccepted && rules
	if t.Ruling != nil {
		shown.RuledBy = name(t.Ruling.By)
	}
	if t.Revocation != nil {
		shown.GoneBy = name(t.Revocation.By)
	}
	return s.Page(c, "training", shown)
}

// RuleTraining accepts a training, declines it, takes it back or withdraws it.
func (s *Pages) RuleTraining(c *fiber.Ctx) error {
	t, err := s.oneTraining(c)
	if err != nil {
		return err
	}
	a, ctx, do := *page.VisitorOf(c).Account, c.UserContext(), c.FormValue("do")
	switch do {
	case "accept":
		_, err = s.Programme.RuleTraining(ctx, a, t.ID, true, "")
	case "decline":
		_, err = s.Programme.RuleTraining(ctx, a, t.ID, false, c.FormValue("reason"))
	case "withdraw":
		err = s.Programme.WithdrawTraining(ctx, a, t.ID, c.FormValue("reason"))
	default:
		return fiber.ErrBadRequest
	}
	if err != nil {
		if errors.Is(err, problem.ErrDenied) {
			return err
		}
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showTraining(c, do, fault)
	}
	return page.SeeOther(c, "/trainings/"+page.WorkAddress(t.ID)+"?done=training-"+do)
}

// Evidence sends a file that shows a training. It is never a page of ours: photos are pictures that we made, a PDF is a
// file to save.
func (s *Pages) Evidence(c *fiber.Ctx) error {
	t, err := s.oneTraining(c)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.Params("file"))
	if err != nil || n < 1 || n > len(t.Evidence) {
		return fiber.ErrNotFound
	}
	return s.sendEvidence(c, t.Evidence[n-1].Name)
}

func (s *Pages) sendEvidence(c *fiber.Ctx, name string) error {
	data, err := s.Store.Blob(c.UserContext(), name)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	if strings.HasSuffix(name, ".pdf") {
		page.Attach(c, "application/pdf", "lopban-giay-boi-duong.pdf")
	} else {
		c.Set(fiber.HeaderContentType, "image/jpeg")
	}
	return c.Send(data)
}

// Lists

type trainingImportPage struct {
	trainingNewPage
	Province roster.Province
	Rows     int
}

// TrainingImport asks for a list of who was trained elsewhere.
func (s *Pages) TrainingImport(c *fiber.Ctx) error {
	return s.showTrainingImport(c, trainingForm{}, nil)
}

func (s *Pages) showTrainingImport(c *fiber.Ctx, form trainingForm, fault *page.FormFault) error {
	p, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	shown := trainingNewPage{Frame: s.Frame(c, s.WordsOf(c).T("training.list")), Form: form, Open: "training", Fault: fault, Today: s.Now().In(courses.Vietnam),
		Files: courses.MaxEvidence, MB: courses.MaxEvidenceBytes >> 20}
	return s.Page(c, "training-import", trainingImportPage{shown, p, programme.TrainingRows})
}

// ReadTrainings reads a list and leads to what it means. Nothing is entered yet.
func (s *Pages) ReadTrainings(c *fiber.Ctx) error {
	p, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	form := readTraining(c)
	l, err := s.readTrainings(c, p, form)
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showTrainingImport(c, form, fault)
	}
	return page.SeeOther(c, "/trainings/import/"+l.ID)
}

func (s *Pages) readTrainings(c *fiber.Ctx, p roster.Province, form trainingForm) (programme.TrainingList, error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return programme.TrainingList{}, problem.Invalid("file", "file.missing")
	}
	common, err := form.training()
	if err != nil {
		return programme.TrainingList{}, err
	}
	files, err := evidenceFiles(c)
	if err != nil {
		return programme.TrainingList{}, err
	}
	f, err := header.Open()
	if err != nil {
		return programme.TrainingList{}, err
	}
	defer f.Close()
	return s.ReadTrainingList(c.UserContext(), *page.VisitorOf(c).Account, p.Code, f, header.Filename, common, files)
}

// listedRow is a row of a list with what is wrong with it.
type listedRow struct {
	intake.TrainingRow
	Wrong []string // sentences
	Ready bool
}

type trainingListPage struct {
	page.Frame
	programme.TrainingList
	Import    *intake.Import
	Rows      []listedRow // those that need somebody first
	Ready     int
	Asked     int
	Bad       int
	Evidences int
}

// TrainingList shows what a list means: whom, what is asked, and what is wrong.
func (s *Pages) TrainingList(c *fiber.Ctx) error {
	l, err := s.TrainingListOf(c.UserContext(), *page.VisitorOf(c).Account, c.Params("id"))
	if err != nil {
		return err
	}
	im, rows, err := l.Rows()
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	shown := trainingListPage{Frame: s.Frame(c, w.T("training.list")), TrainingList: l, Import: im, Evidences: len(l.Files)}
	for _, row := range rows {
		one := listedRow{TrainingRow: row}
		for _, p := range row.Problems {
			one.Wrong = append(one.Wrong, w.T("error."+p.Code, anyOf(p.Args)...))
		}
		t := programme.ListedTraining(row, l.ID, "")
		wrong := (*problem.Problem)(nil)
		if err := t.Check(roster.Day(s.Now()), len(l.Files)); errors.As(err, &wrong) && row.Verdict == intake.Same {
			one.Wrong = append(one.Wrong, w.T("error."+wrong.Code, wrong.Args...))
		}
		if i := slices.IndexFunc(l.Refused, func(r programme.RefusedRow) bool { return r.Ref == row.Ref() }); i >= 0 {
			p := l.Refused[i].Problem
			one.Wrong = append(one.Wrong, w.T("error."+p.Code, anyOf(p.Args)...))
		}
		switch {
		case row.Verdict == intake.Asked:
			shown.Asked++
		case len(one.Wrong) > 0:
			shown.Bad++
		default:
			one.Ready = true
			shown.Ready++
		}
		shown.Rows = append(shown.Rows, one)
	}
	slices.SortStableFunc(shown.Rows, func(a, b listedRow) int { return a.rank() - b.rank() })
	return s.Page(c, "training-list", shown)
}

// Typed is the name as it stands in the list, and TypedAt the library.
func (r listedRow) Typed() string   { return r.Cells[intake.FieldName] }
func (r listedRow) TypedAt() string { return r.Cells[intake.FieldLibrary] }

func (r listedRow) rank() int {
	switch {
	case r.Question != nil:
		return 0
	case !r.Ready:
		return 1
	}
	return 2
}

func anyOf(args []string) []any {
	var all []any
	for _, a := range args {
		all = append(all, a)
	}
	return all
}

// Day is a date, or a dash.
func (trainingListPage) Day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Format("02/01/2006")
}

// TakeTrainings takes answers to who rows mean, or enters the rows that are certain.
func (s *Pages) TakeTrainings(c *fiber.Ctx) error {
	a, ctx := *page.VisitorOf(c).Account, c.UserContext()
	l, err := s.TrainingListOf(ctx, a, c.Params("id"))
	if err != nil {
		return err
	}
	switch c.FormValue("do") {
	case "answer":
		answers := map[string]string{}
		c.Context().PostArgs().VisitAll(func(key, value []byte) {
			if ref, ok := strings.CutPrefix(string(key), "who."); ok && len(value) > 0 {
				answers[ref] = string(value)
			}
		})
		if err := s.AnswerTrainingList(ctx, l, answers); err != nil {
			return err
		}
		return page.SeeOther(c, "/trainings/import/"+l.ID)
	case "enter":
		return s.enterTrainings(c, a, l)
	}
	return fiber.ErrBadRequest
}

// enterTrainings enters the rows that are certain, and leads to the trainings, or where some could not be entered back
// to the list, which names them. The trail says once how many a list brought.
func (s *Pages) enterTrainings(c *fiber.Ctx, a roster.Account, l programme.TrainingList) error {
	l, err := s.EnterTrainingList(c.UserContext(), a, l)
	if err != nil {
		return err
	}
	if n := strconv.Itoa(l.Entered); l.Entered > 0 {
		c.Locals(page.AuditID, "training.list/"+l.ID+"/"+n)
		if err := s.TellAct(c, programme.AuditEntry{Action: "training.list", Subject: l.ID, Province: l.Province, Note: n}); err != nil {
			return err
		}
	}
	if len(l.Refused) > 0 {
		return page.SeeOther(c, "/trainings/import/"+l.ID)
	}
	return page.SeeOther(c, "/trainings?province="+l.Province+"&done=training-list")
}

// AcceptTrainings accepts all trainings of a list that wait, on the word of a second person.
func (s *Pages) AcceptTrainings(c *fiber.Ctx) error {
	list := c.FormValue("list")
	a := *page.VisitorOf(c).Account
	if list == "" || !roster.MayRuleTraining(a, a.Province) {
		return problem.Denied("denied")
	}
	n, err := s.AcceptTrainingList(c.UserContext(), a, list)
	if err != nil {
		return err
	}
	if n > 0 {
		c.Locals(page.AuditID, "training.accept-list/"+list+"/"+a.ID+"/"+strconv.Itoa(n))
		if err := s.TellAct(c, programme.AuditEntry{Action: "training.accept", Subject: list, Province: a.Province, Note: strconv.Itoa(n)}); err != nil {
			return err
		}
	}
	return page.SeeOther(c, "/trainings?done=training-accept")
}
