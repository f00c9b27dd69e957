package server

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
	"lopban/courses/roster"
	"lopban/courses/store"
)

// workView is a submission as a page shows it, beside the rubric that it is reviewed by.
type workView struct {
	words
	courses.Work
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

// workAddress is how a submission stands in an address: a person's id has no point, and no sender's id has one.
func workAddress(id string) string { return strings.Replace(id, "/", ".", 1) }

// workID is the submission of an address.
func workID(address string) string { return strings.Replace(address, ".", "/", 1) }

func (s *Server) workViews(ctx context.Context, w words, work []courses.Work) ([]workView, error) {
	var views []workView
	for _, one := range slices.Backward(work) {
		v, err := s.school.Version(ctx, one.Version)
		if err != nil {
			return nil, err
		}
		views = append(views, newWorkView(w, one, v.Practice))
	}
	return views, nil
}

func newWorkView(w words, work courses.Work, task *courses.Practice) workView {
	view := workView{words: w, Work: work, Task: task}
	for i := range work.Photos {
		view.Photos = append(view.Photos, "/practice/"+workAddress(work.ID)+"/"+strconv.Itoa(i+1))
	}
	return view
}

// taskOf is how far a study's practice task is, "" where the course has none.
func (s *Server) taskOf(ctx context.Context, st courses.Study) (courses.TaskState, error) {
	if st.Version.Practice == nil {
		return "", nil
	}
	if st.Enrolment == nil {
		return courses.TaskTodo, nil
	}
	t, err := store.Get[courses.Task](ctx, s.store, courses.TaskKind, st.Enrolment.ID)
	if errors.Is(err, store.ErrNotFound) {
		return courses.TaskTodo, nil
	}
	return t.State, err
}

type practicePage struct {
	frame
	courses.Study
	Body   template.HTML
	State  courses.TaskState
	Works  []workView // the newest first
	Form   practiceForm
	Fault  *formFault
	Photos int // that may be sent
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

// practicing is the page of a visitor on the task of a course, not found where the course has none.
func (s *Server) practicing(c *fiber.Ctx) (practicePage, error) {
	ctx := c.UserContext()
	st, err := s.school.Study(ctx, visitorID(c), c.Params("id"))
	if err != nil {
		return practicePage{}, err
	}
	if st.Version.Practice == nil {
		return practicePage{}, store.NotFound(courses.VersionKind, "practice")
	}
	f := s.frame(c, s.wordsOf(c).In(st.Version.Practice.Title))
	page := practicePage{frame: f, Study: st, State: courses.TaskTodo, Photos: courses.MaxPhotos, Form: practiceForm{ID: uuid.Must(uuid.NewV7()).String()}}
	page.Body = s.texts.lesson(st.Version, courses.Lesson{ID: "practice", Body: st.Version.Practice.Body}, f.Lang).html
	if st.Enrolment == nil {
		return page, nil
	}
	work, err := s.school.Works(ctx, st.Enrolment.ID)
	if err != nil {
		return page, err
	}
	page.State = courses.StateOf(work)
	page.Works, err = s.workViews(ctx, f.words, work)
	return page, err
}

// practice shows the task, what the reviewer looks at, and what the visitor sent.
func (s *Server) practice(c *fiber.Ctx) error {
	page, err := s.practicing(c)
	if err != nil {
		return err
	}
	return s.page(c, "practice", page)
}

// submit keeps what the form brings. What cannot be taken is said beside the form, with the text kept.
func (s *Server) submit(c *fiber.Ctx) error {
	page, err := s.practicing(c)
	if err != nil {
		return err
	}
	form := practiceForm{c.FormValue("id"), c.FormValue("text")}
	r, err := s.handOver(c, page, form)
	if err == nil && r.State == courses.Refused {
		err = store.Invalid("", r.Reason)
	}
	if err == nil {
		return c.Redirect("/courses/"+page.Version.Course+"/practice?done=practice", fiber.StatusSeeOther)
	}
	if explain(err).Code == "id-reused" { // the earlier one stands; this one may be sent beside it
		form.ID, err = page.Form.ID, store.Invalid("", "practice-twice")
	}
	page.Form = form
	if page.Fault, err = s.faultOf(c, err); err != nil {
		return err
	}
	return s.page(c, "practice", page)
}

func (s *Server) handOver(c *fiber.Ctx, page practicePage, form practiceForm) (courses.Receipt, error) {
	f := courses.Fact{ID: form.ID, Kind: "submission", Course: page.Version.Course, At: s.now(), Text: form.Text}
	files, err := photos(c)
	if err != nil {
		return courses.Receipt{}, err
	}
	if len(page.Works) >= courses.MaxSubmissions { // or nobody would limit the photos
		files = nil
	}
	for _, file := range files {
		name, err := s.keepPhoto(c.UserContext(), file)
		if err != nil {
			return courses.Receipt{}, err
		}
		f.Photos = append(f.Photos, name)
	}
	return s.record(c, f)
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
		return nil, store.Invalid("photo", "photo-many", courses.MaxPhotos)
	}
	return files, nil
}

func (s *Server) keepPhoto(ctx context.Context, h *multipart.FileHeader) (string, error) {
	file, err := h.Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return "", err
	}
	return s.school.KeepPhoto(ctx, data)
}

// photo sends one photo of a submission to its author and to those who may review it. It is only ever shown inside a page: opened by itself it may do
// nothing.
func (s *Server) photo(c *fiber.Ctx) error {
	w, err := s.school.Work(c.UserContext(), workID(c.Params("submission")))
	if err != nil {
		return err
	}
	if w.Person != visitorID(c) {
		if _, err := s.taught(c, w.Person); err != nil {
			return err
		}
	}
	n, err := strconv.Atoi(c.Params("photo"))
	if err != nil || n < 1 || n > len(w.Photos) {
		return fiber.ErrNotFound
	}
	data, err := s.store.Blob(c.UserContext(), w.Photos[n-1])
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/jpeg")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Send(data)
}

// taught is a person whose work the visitor may review. Others are not found: whether there is such work is not theirs to know.
func (s *Server) taught(c *fiber.Ctx, person string) (roster.Person, error) {
	p, err := s.roll.Person(c.UserContext(), person)
	if err != nil {
		return p, err
	}
	if !roster.MayTeach(*visitorOf(c).account, p.Province) {
		return p, store.NotFound(courses.SubmissionKind, person)
	}
	return p, nil
}
