package learn

import (
	"context"
	"errors"
	"html/template"
	"io"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
	"lopban/server/page"
)

// workView is a submission as a page shows it, beside the rubric that it is reviewed by.
type workView struct {
	words.Words
	courses.HandedIn
	Task   *courses.Practice
	Photos []string // addresses
}

// Rows are the criteria with what the review that counts says of each.
func (w workView) Rows() []criterionView {
	var rows []criterionView
	for _, c := range w.Task.Rubric {
		row := criterionView{Criterion: c}
		if r := w.Newest(); r != nil {
			row.Finding = r.Finding(c.ID)
		}
		rows = append(rows, row)
	}
	return rows
}

type criterionView struct {
	Criterion courses.Criterion
	Finding   courses.Finding
}

// Client is the id that the sender gave the submission.
func (w workView) Client() string { return strings.TrimPrefix(w.ID, w.Person+"/") }

func (s *Pages) workViews(ctx context.Context, w words.Words, work []courses.HandedIn) ([]workView, error) {
	var views []workView
	for _, one := range slices.Backward(work) {
		v, err := s.School.Version(ctx, one.Version)
		if err != nil {
			return nil, err
		}
		views = append(views, newWorkView(w, one, v.Practice))
	}
	return views, nil
}

func newWorkView(w words.Words, work courses.HandedIn, task *courses.Practice) workView {
	view := workView{Words: w, HandedIn: work, Task: task}
	for i := range work.Photos {
		view.Photos = append(view.Photos, "/practice/"+page.WorkAddress(work.ID)+"/"+strconv.Itoa(i+1))
	}
	return view
}

// taskOf is how far a study's practice task is, "" where the course has none.
func (s *Pages) taskOf(ctx context.Context, st school.Study) (courses.TaskState, error) {
	if st.Version.Practice == nil {
		return "", nil
	}
	if st.Enrolment == nil {
		return courses.TaskTodo, nil
	}
	t, err := store.Get[courses.Task](ctx, s.Store, school.TaskKind, st.Enrolment.ID)
	if errors.Is(err, problem.ErrNotFound) {
		return courses.TaskTodo, nil
	}
	return t.State, err
}

// taskLeft is the practice task of a study in which every lesson is done and nothing was sent yet, nil for none.
func (s *Pages) taskLeft(ctx context.Context, st school.Study) (*courses.Practice, error) {
	if st.Version.Practice == nil || st.Progress.Next != "" || st.Progress.Total == 0 {
		return nil, nil
	}
	state, err := s.taskOf(ctx, st)
	if err != nil || state != courses.TaskTodo {
		return nil, err
	}
	return st.Version.Practice, nil
}

type practicePage struct {
	page.Frame
	school.Study
	Body    template.HTML
	State   courses.TaskState
	Works   []workView // the newest first
	Form    practiceForm
	Fault   *page.FormFault
	Photos  int  // that may be sent
	Resumed bool // the text is there again after a sign-in, the photos are not

	Agree    string // what sending a photo means
	NoPhotos bool   // the visitor withdrew their consent to photos
}

type practiceForm struct{ ID, Text string }

// Known lists the ids of what was received, by which a phone knows that it need not keep a draft.
func (p practicePage) Known() string {
	var ids []string
	for _, w := range p.Works {
		ids = append(ids, w.Client())
	}
	return strings.Join(ids, " ")
}

// Practicing is the page of a visitor on the task of a course, not found where the course has none.
func (s *Pages) Practicing(c *fiber.Ctx) (practicePage, error) {
	ctx := c.UserContext()
	st, err := s.School.Study(ctx, page.VisitorID(c), c.Params("id"))
	if err != nil {
		return practicePage{}, err
	}
	if st.Version.Practice == nil {
		return practicePage{}, store.NotFound(school.VersionKind, "practice")
	}
	f := s.Frame(c, s.WordsOf(c).In(st.Version.Practice.Title))
	shown := practicePage{Frame: f, Study: st, State: courses.TaskTodo, Photos: courses.MaxPhotos, Form: practiceForm{ID: uuid.Must(uuid.NewV7()).String()}}
	shown.Body = s.Texts.Lesson(st.Version, courses.Lesson{ID: "practice", Body: st.Version.Practice.Body}, f.Lang).HTML
	if err := s.askPhotos(c, &shown); err != nil || st.Enrolment == nil {
		return shown, err
	}
	work, err := s.School.Submissions(ctx, st.Enrolment.ID)
	if err != nil {
		return shown, err
	}
	shown.State = courses.StateOf(work)
	shown.Works, err = s.workViews(ctx, f.Words, work)
	return shown, err
}

// askPhotos says beside the field for photos what sending one means; who withdrew that sees no field.
func (s *Pages) askPhotos(c *fiber.Ctx, shown *practicePage) error {
	ctx, province := c.UserContext(), ""
	if shown.Account != nil {
		about, err := s.Duty.Of(ctx, shown.Account.ID)
		if err != nil {
			return err
		}
		province = about.Province
		if shown.NoPhotos, err = s.Rights.Withdrew(ctx, rights.Photos, about.IDs...); err != nil {
			return err
		}
	}
	var err error
	shown.Agree, err = s.Duty.Wording(ctx, province, rights.Photos, shown.Words)
	return err
}

// Practice shows the task, what the reviewer looks at, and what the visitor sent.
func (s *Pages) Practice(c *fiber.Ctx) error {
	shown, err := s.Practicing(c)
	if err != nil {
		return err
	}
	return s.Page(c, "practice", shown)
}

// Submit keeps what the form brings. What cannot be taken is said beside the form, with the text kept.
func (s *Pages) Submit(c *fiber.Ctx) error {
	shown, err := s.Practicing(c)
	if err != nil {
		return err
	}
	form := practiceForm{c.FormValue("id"), c.FormValue("text")}
	if c.FormValue("resume") != "" { // its photos could not wait with it
		shown.Form, shown.Resumed = form, true
		return s.Page(c, "practice", shown)
	}
	r, err := s.handOver(c, shown, form)
	if err == nil && r.State == courses.Refused {
		err = problem.Invalid("", r.Reason)
	}
	if err == nil {
		return page.SeeOther(c, "/courses/"+shown.Version.Course+"/practice?done=practice")
	}
	if page.Explain(err).Code == "id-reused" { // the earlier one stands; this one may be sent beside it
		form.ID, err = shown.Form.ID, problem.Invalid("", "practice-twice")
	}
	shown.Form = form
	if shown.Fault, err = s.FaultOf(c, err); err != nil {
		return err
	}
	return s.Page(c, "practice", shown)
}

func (s *Pages) handOver(c *fiber.Ctx, shown practicePage, form practiceForm) (courses.Receipt, error) {
	f := courses.Fact{ID: form.ID, Kind: "submission", Course: shown.Version.Course, At: s.Now(), Text: form.Text}
	files, err := photos(c)
	if err != nil {
		return courses.Receipt{}, err
	}
	// it will be refused: photos are not even read
	if len(shown.Works) >= courses.MaxSubmissions || !courses.SubmissionID.MatchString(f.ID) {
		files = nil
	}
	if len(files) > 0 {
		if err := s.RoomForPhotos(c.UserContext(), page.VisitorID(c)); err != nil {
			return courses.Receipt{}, err
		}
	}
	for _, file := range files {
		picture, err := s.readPhoto(file)
		if err != nil {
			return courses.Receipt{}, err
		}
		f.Photos = append(f.Photos, picture)
	}
	if len(f.Photos) > 0 {
		if err := s.Duty.Consented(c.UserContext(), *page.VisitorOf(c).Account, s.WordsOf(c)); err != nil {
			return courses.Receipt{}, err
		}
	}
	return s.RecordFact(c, f)
}

// photos are the files of the form. Browsers send a nameless empty one for a field that was left out.
func photos(c *fiber.Ctx) ([]*multipart.FileHeader, error) {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return nil, nil
	}
	form, err := c.MultipartForm()
	if err != nil {
		return nil, fiber.ErrBadRequest
	}
	files := slices.DeleteFunc(form.File["photo"], func(h *multipart.FileHeader) bool { return h.Size == 0 })
	if len(files) > courses.MaxPhotos {
		return nil, problem.Invalid("photo", "photo-many", courses.MaxPhotos)
	}
	return files, nil
}

func (s *Pages) readPhoto(h *multipart.FileHeader) (courses.Picture, error) {
	file, err := h.Open()
	if err != nil {
		return courses.Picture{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return courses.Picture{}, err
	}
	return s.School.ReadPhoto(data)
}

// Photo sends one photo of a submission to its author and to those who may review it. It is only ever shown inside a
// page: opened by itself it may do nothing.
func (s *Pages) Photo(c *fiber.Ctx) error {
	w, err := s.School.Submission(c.UserContext(), page.WorkID(c.Params("submission")))
	if err != nil {
		return err
	}
	own, err := s.Entries.Of(c.UserContext(), page.VisitorID(c))
	if err != nil {
		return err
	}
	if !slices.Contains(own, w.Person) {
		if _, err := s.taught(c, w.Person); err != nil {
			return err
		}
	}
	n, err := strconv.Atoi(c.Params("photo"))
	if err != nil || n < 1 || n > len(w.Photos) {
		return fiber.ErrNotFound
	}
	data, err := s.Store.Blob(c.UserContext(), w.Photos[n-1])
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/jpeg")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Send(data)
}

// taught is a person whose work the visitor may review. Others are not found: whether there is such work is not theirs
// to know.
func (s *Pages) taught(c *fiber.Ctx, person string) (roster.Person, error) {
	p, err := s.Roll.Kept(c.UserContext(), person)
	if err != nil {
		return p, err
	}
	if !roster.MayTeach(*page.VisitorOf(c).Account, p.Province) {
		return p, store.NotFound(school.SubmissionKind, person)
	}
	return p, nil
}
