package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Editorial is an event in the life of a draft. The events of a course are numbered without gaps, so that of two people
// who do something at once one is told of the other.
type Editorial struct {
	ID      string    `json:"id"` // course/000012
	Course  string    `json:"course"`
	Kind    string    `json:"kind"`
	Hash    string    `json:"hash"`    // of the draft's content that it speaks of
	Version int       `json:"version"` // of opened, discarded and published: the version's number, 0 for a new course
	Lesson  string    `json:"lesson"`  // that a comment is about, "" for the whole course
	Note    string    `json:"note"`
	Alone   bool      `json:"alone"` // approved by who submitted it or wrote in it, because nobody else could
	By      string    `json:"by"`    // account
	At      time.Time `json:"at"`
}

// The kinds of an Editorial.
const (
	Opened    = "opened"    // the draft began from Version, or goes on from it
	Discarded = "discarded" // the draft was put back to Version
	Submitted = "submitted" // for review
	Commented = "commented"
	Returned  = "returned" // to be changed
	Approved  = "approved"
	Published = "published" // as Version
	Retired   = "retired"   // the course is no longer offered to who has not begun it
	Restored  = "restored"  // it is offered again
	Deleted   = "deleted"   // the draft of a course that was never published is open no more
	Recovered = "recovered" // it is open again
)

// Stage is how far a draft is on its way to being published.
type Stage string

// The stages of a draft.
const (
	Writing  Stage = "writing"
	InReview Stage = "review"
	Ready    Stage = "ready" // approved
)

// Editing is a draft and what has happened to it.
type Editing struct {
	Draft  Draft
	Events []Editorial // in order
	Stage  Stage
	Base   int  // number of the version that it goes on from, 0 for a new course
	Newest int  // number of the newest version, 0 where none is published
	Fresh  bool // it holds what its base holds
}

// Behind says whether a version was published elsewhere since the draft began.
func (w Editing) Behind() bool { return w.Newest > w.Base }

// Submitter is who asked for the review that is under way or over, "" where none was asked for.
func (w Editing) Submitter() string {
	for _, e := range slices.Backward(w.Events) {
		if e.Kind == Submitted {
			return e.By
		}
	}
	return ""
}

// repeats says whether the newest event is just this one: somebody pressed a button again.
func (w Editing) repeats(e Editorial) bool {
	if len(w.Events) == 0 {
		return false
	}
	last := w.Events[len(w.Events)-1]
	return last.Kind == e.Kind && last.Hash == e.Hash && last.By == e.By && last.Note == strings.TrimSpace(Clean(e.Note))
}

// StageOf is the stage of a draft: a pure function of its events and the hash of its content. Any edit after it was
// submitted or approved makes it writing again.
func StageOf(events []Editorial, hash string) Stage {
	stage, of := Writing, ""
	for _, e := range events {
		switch e.Kind {
		case Submitted:
			stage, of = InReview, e.Hash
		case Approved:
			stage, of = Ready, e.Hash
		case Returned, Published, Opened, Discarded, Deleted, Recovered:
			stage = Writing
		}
	}
	if of != hash {
		return Writing
	}
	return stage
}

// Editing gives the draft of a course and what has happened to it. A course that is not open is store.ErrNotFound.
func (d *Desk) Editing(ctx context.Context, course string) (Editing, error) {
	draft, err := d.draft(ctx, course)
	if err != nil {
		return Editing{}, err
	}
	w := Editing{Draft: draft}
	if w.Events, err = d.Events(ctx, course); err != nil {
		return w, err
	}
	for _, e := range w.Events {
		switch e.Kind {
		case Opened, Discarded, Published:
			w.Base, w.Fresh = e.Version, e.Hash == draft.Hash
		}
	}
	w.Stage = StageOf(w.Events, draft.Hash)
	w.Newest, err = d.newest(ctx, course)
	return w, err
}

// Events lists what has happened to the draft of a course, in order.
func (d *Desk) Events(ctx context.Context, course string) ([]Editorial, error) {
	return store.All[Editorial](ctx, d.Store, EditorialKind, store.Where(store.Begins("id", course+"/")))
}

// Drafts lists the courses that are open, by id.
func (d *Desk) Drafts(ctx context.Context) ([]string, error) {
	var ids []string
	err := store.Each(ctx, d.Store, DraftKind, store.Query{}, func(draft Draft) error { ids = append(ids, draft.ID); return nil })
	return ids, err
}

// InReview counts the drafts that wait for another than this account: what it submitted itself is not for it to review.
// Of the drafts that were submitted as they are and not approved since, the events say which wait still.
func (d *Desk) InReview(ctx context.Context, by string) (int, error) {
	last := map[string]map[string]Editorial{Submitted: {}, Approved: {}} // by kind and course
	for kind, events := range last {
		err := store.Each(ctx, d.Store, EditorialKind, store.Where(store.Is("kind", kind)), func(e Editorial) error {
			if e.ID > events[e.Course].ID {
				events[e.Course] = e
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	hashes, begins := map[string]string{}, []string(nil)
	err := store.Each(ctx, d.Store, DraftKind, store.Query{}, func(draft Draft) error {
		e := last[Submitted][draft.ID]
		if e.Hash == draft.Hash && e.By != by && e.ID > last[Approved][draft.ID].ID {
			hashes[draft.ID], begins = draft.Hash, append(begins, draft.ID+"/")
		}
		return nil
	})
	if err != nil || len(begins) == 0 {
		return 0, err
	}
	happened := map[string][]Editorial{}
	err = store.Each(ctx, d.Store, EditorialKind, store.Where(store.BeginsAny("id", begins)).By("id"), func(e Editorial) error {
		happened[e.Course] = append(happened[e.Course], e)
		return nil
	})
	n := 0
	for course, events := range happened {
		if StageOf(events, hashes[course]) == InReview {
			n++
		}
	}
	return n, err
}

func (d *Desk) newest(ctx context.Context, course string) (int, error) {
	l, err := store.Get[courses.Listing](ctx, d.Store, school.ListingKind, course)
	if errors.Is(err, problem.ErrNotFound) {
		return 0, nil
	}
	return l.Number, err
}

// add appends an event. seen is how many there were when the caller looked: where there are more by now it is a
// problem, and nothing is written.
func (d *Desk) add(ctx context.Context, seen int, e Editorial) error {
	e.ID, e.At = eventID(e.Course, seen+1), store.Time(d.Now())
	e.Note = strings.TrimSpace(Clean(e.Note))
	if len(e.Note) > maxNote {
		return problem.Invalid("note", "text-too-long", markdown.KiB(len(e.Note)), markdown.KiB(maxNote))
	}
	err := d.Store.Insert(ctx, EditorialKind, &e)
	if errors.Is(err, problem.ErrExists) {
		return &problem.Problem{Kind: problem.ErrExists, Code: "draft-moved"}
	}
	return err
}

const maxNote = 4 << 10 // bytes

// Open gives the draft of a course, and begins it from the newest version where there is none. A draft that nobody has
// changed follows when a newer version is published elsewhere.
func (d *Desk) Open(ctx context.Context, course, by string) (Editing, error) {
	w, err := d.Editing(ctx, course)
	if err == nil && !(w.Fresh && w.Behind()) {
		return w, nil
	}
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return w, err
	}
	v, err := d.School.Course(ctx, course)
	if err != nil {
		return w, err
	}
	return d.fill(ctx, Opened, v, by)
}

// Discard puts the draft back to the newest version. The edits stay in the history.
func (d *Desk) Discard(ctx context.Context, course, by string) (Editing, error) {
	v, err := d.School.Course(ctx, course)
	if errors.Is(err, problem.ErrNotFound) {
		return Editing{}, problem.Invalid("course", "draft-never-published")
	}
	if err != nil {
		return Editing{}, err
	}
	return d.fill(ctx, Discarded, v, by)
}

// Rebase lets a draft go on from the newest version without taking anything of it: somebody has compared the two.
func (d *Desk) Rebase(ctx context.Context, course, by string) error {
	w, err := d.Editing(ctx, course)
	if err != nil || !w.Behind() {
		return err
	}
	return d.add(ctx, len(w.Events), Editorial{Course: course, Kind: Opened, Version: w.Newest, By: by})
}

// fill makes the files of the draft those of a version. The event comes last: until it is there the draft is not open,
// or still goes on from its old base, and filling it again ends what was begun.
func (d *Desk) fill(ctx context.Context, kind string, v *courses.Version, by string) (Editing, error) {
	want, err := authoring.Texts(*v)
	if err != nil {
		return Editing{}, err
	}
	edits := map[string]Edit{}
	for path, text := range want {
		edits[path] = Edit{Course: v.Course, Path: path, Text: string(text), By: by}
	}
	for _, m := range v.Media {
		path := "media/" + m.Name
		edits[path] = Edit{Course: v.Course, Path: path, Blob: m.Blob, By: by}
	}
	have, err := d.fromEdits(ctx, v.Course)
	if err != nil {
		return Editing{}, err
	}
	for _, f := range have.Files {
		if _, ok := edits[f.Path]; !ok && !f.Gone {
			edits[f.Path] = Edit{Course: v.Course, Path: f.Path, Gone: true, By: by}
		}
	}
	return d.begin(ctx, v.Course, edits, Editorial{Course: v.Course, Kind: kind, Version: v.Number, By: by})
}

// begin writes the files that are not as wanted, and the event.
func (d *Desk) begin(ctx context.Context, course string, edits map[string]Edit, event Editorial) (Editing, error) {
	want := Draft{ID: course}
	for _, path := range slices.Sorted(maps.Keys(edits)) {
		e, err := d.force(ctx, edits[path])
		if err != nil {
			return Editing{}, err
		}
		want.take(e)
	}
	events, err := d.Events(ctx, course)
	if err != nil {
		return Editing{}, err
	}
	event.Hash = want.Hash
	last := len(events) - 1
	if last < 0 || events[last].Kind != event.Kind || events[last].Hash != event.Hash || events[last].Version != event.Version {
		// another opened it at the same time
		if err := d.add(ctx, len(events), event); err != nil && !errors.Is(err, problem.ErrExists) {
			return Editing{}, err
		}
	}
	if _, err := d.rebuild(ctx, course); err != nil {
		return Editing{}, err
	}
	return d.Editing(ctx, course)
}

// force makes an edit the newest revision of its file, whatever is there. What was there stays in the history.
func (d *Desk) force(ctx context.Context, e Edit) (Edit, error) {
	for {
		newest, err := d.Read(ctx, e.Course, e.Path)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return e, err
		}
		if newest.Rev > 0 && newest.same(e) {
			return newest, nil
		}
		kept, err := d.insert(ctx, newest.Rev+1, e)
		if !errors.Is(err, problem.ErrExists) {
			return kept, err
		}
	}
}

// Create begins a course that was never published, with one module and one lesson. Its id is as course.yaml has it; one
// that is taken is store.ErrExists.
func (d *Desk) Create(ctx context.Context, course string, strand courses.Strand, title courses.Text, by string) (Editing, error) {
	h := Heading{Title: title}.clean()
	title = h.Title
	if strand != courses.LibraryService && strand != courses.ReadingPromotion {
		return Editing{}, problem.Invalid("strand", "strand-unknown")
	}
	if err := h.checkAs("title"); err != nil {
		return Editing{}, err
	}
	if err := d.free(ctx, course); err != nil {
		begun, again := d.begun(ctx, course, "", by)
		if now, _, _, lost := d.Outline(ctx, course); again && lost == nil && now.Strand == strand && now.Title == title {
			return begun, nil
		}
		return Editing{}, err
	}
	v := courses.Version{Course: course, Strand: strand, Title: title, Summary: title, PassMark: 60, Shuffle: true}
	lesson := courses.Lesson{ID: freeID(title.Vi, courses.LessonNameTaken), Title: title, Objective: title, Minutes: 10, Body: heading(title)}
	v.Modules = []courses.Module{{ID: lesson.ID, Title: title, Lessons: []courses.Lesson{lesson}}}
	return d.fill(ctx, Opened, &v, by)
}

// Delete closes the draft of a course that was never published. Its edits stay, so that Recover brings it back. Who
// deleted it may press again.
func (d *Desk) Delete(ctx context.Context, course, by string) error {
	w, err := d.Editing(ctx, course)
	if errors.Is(err, problem.ErrNotFound) {
		if gone, lost := d.Gone(ctx, course); lost == nil && gone.By == by {
			return nil
		}
	}
	if err != nil {
		return err
	}
	if w.Newest > 0 {
		return problem.Invalid("course", "course-published")
	}
	if last := w.Events[len(w.Events)-1]; last.Kind != Deleted { // else a stop came before the rest
		if err := d.add(ctx, len(w.Events), Editorial{Course: course, Kind: Deleted, Hash: w.Draft.Hash, By: by}); err != nil {
			return err
		}
	}
	return d.Store.Delete(ctx, DraftKind, course)
}

// Gone is how a course was deleted that is not open and was never published; any other is store.ErrNotFound.
func (d *Desk) Gone(ctx context.Context, course string) (Editorial, error) {
	events, err := d.Events(ctx, course)
	if err == nil && (len(events) == 0 || events[len(events)-1].Kind != Deleted) {
		err = store.NotFound(DraftKind, course)
	}
	if err != nil {
		return Editorial{}, err
	}
	return events[len(events)-1], nil
}

// Deleted lists how the courses were deleted that nobody brought back, by their ids.
func (d *Desk) Deleted(ctx context.Context) ([]Editorial, error) {
	events, err := store.All[Editorial](ctx, d.Store, EditorialKind, store.Where(store.Is("kind", Deleted)))
	if err != nil {
		return nil, err
	}
	last := map[string]Editorial{}
	for _, e := range events {
		if _, asked := last[e.Course]; asked {
			continue
		}
		gone, err := d.Gone(ctx, e.Course)
		if errors.Is(err, problem.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		last[e.Course] = gone
	}
	return slices.SortedFunc(maps.Values(last), func(a, b Editorial) int { return strings.Compare(a.Course, b.Course) }), nil
}

// Recover opens a draft again that was deleted.
func (d *Desk) Recover(ctx context.Context, course, by string) (Editing, error) {
	events, err := d.Events(ctx, course)
	if err == nil && (len(events) == 0 || events[len(events)-1].Kind != Deleted) {
		err = store.NotFound(DraftKind, course)
	}
	if err != nil {
		return Editing{}, err
	}
	if _, err := d.rebuild(ctx, course); err != nil {
		return Editing{}, err
	}
	if err := d.add(ctx, len(events), Editorial{Course: course, Kind: Recovered, By: by}); err != nil {
		return Editing{}, err
	}
	return d.Editing(ctx, course)
}

// Copy begins a course with another id from the texts and media of a draft.
func (d *Desk) Copy(ctx context.Context, course, id, by string) (Editing, error) {
	draft, err := d.draft(ctx, course)
	if err != nil {
		return Editing{}, err
	}
	if err := d.free(ctx, id); err != nil {
		if begun, again := d.begun(ctx, id, course, by); again {
			return begun, nil
		}
		return Editing{}, err
	}
	edits := map[string]Edit{}
	for _, f := range draft.Files {
		if f.Gone {
			continue
		}
		e, err := d.ReadRev(ctx, course, f.Path, f.Rev)
		if err != nil {
			return Editing{}, err
		}
		if f.Path == authoring.CourseFile {
			e.Text = courseID.ReplaceAllLiteralString(e.Text, "id: "+strconv.Quote(id))
		}
		edits[f.Path] = Edit{Course: id, Path: f.Path, Text: e.Text, Blob: e.Blob, Size: e.Size, By: by}
	}
	return d.begin(ctx, id, edits, Editorial{Course: id, Kind: Opened, Note: course, By: by})
}

// begun is a course that this account just began, as a copy of another one or, with of "", as a new one, and that
// nobody has changed since: a button that is pressed again begins it once.
func (d *Desk) begun(ctx context.Context, course, of, by string) (Editing, bool) {
	w, err := d.Editing(ctx, course)
	first := Editorial{Kind: Opened, Hash: w.Draft.Hash, Note: of, By: by}
	return w, err == nil && len(w.Events) == 1 && w.Base == 0 && w.repeats(first)
}

// courseID is the line of course.yaml that says whose it is.
var courseID = regexp.MustCompile(`(?m)^id:.*$`)

// free says whether a course may have this id: it is one, and no course has it, in whatever letters, nor had it when it
// was deleted: that one can be brought back.
func (d *Desk) free(ctx context.Context, course string) error {
	if !authoring.CourseID.MatchString(course) || len(course) > 20 || courses.CourseNameTaken(course) {
		return problem.Invalid("course", "course-id")
	}
	gone, err := d.Deleted(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(gone, func(e Editorial) bool { return strings.EqualFold(e.Course, course) }) {
		return &problem.Problem{Kind: problem.ErrExists, Code: "course-deleted", Field: "course"}
	}
	drafts, err := d.Drafts(ctx)
	if err != nil {
		return err
	}
	all, err := d.School.Everything(ctx)
	for _, v := range all {
		drafts = append(drafts, v.Course)
	}
	drafts = append(drafts, "import", "paste") // addresses of the desk itself
	if slices.ContainsFunc(drafts, func(id string) bool { return strings.EqualFold(id, course) }) {
		return &problem.Problem{Kind: problem.ErrExists, Code: "course-exists", Field: "course"}
	}
	return err
}

// stageCodes say why a step is not for a draft in this stage.
var stageCodes = map[Stage]string{Writing: "draft-stage-writing", InReview: "draft-stage-review", Ready: "draft-stage-ready"}

// at is the draft as the caller saw it: with the content that hash names, in one of the stages.
func (d *Desk) at(ctx context.Context, course, hash string, stages ...Stage) (Editing, error) {
	w, err := d.Editing(ctx, course)
	switch {
	case err != nil:
	case w.Draft.Hash != hash:
		err = &problem.Problem{Kind: problem.ErrExists, Code: "draft-moved"}
	case !slices.Contains(stages, w.Stage):
		err = &problem.Problem{Kind: problem.ErrExists, Code: stageCodes[w.Stage]}
	}
	return w, err
}

// Submit asks for a review of the draft as it is now; hash is the content that the submitter saw. Pressed twice it asks
// once.
func (d *Desk) Submit(ctx context.Context, course, hash, note, by string) error {
	w, err := d.at(ctx, course, hash, Writing)
	e := Editorial{Course: course, Kind: Submitted, Hash: hash, Note: note, By: by}
	switch {
	case err == nil:
		return d.add(ctx, len(w.Events), e)
	case w.repeats(e):
		return nil
	}
	return err
}

// Comment adds a remark on a lesson, or with lesson "" on the course.
func (d *Desk) Comment(ctx context.Context, course, lesson, note, by string) error {
	if strings.TrimSpace(note) == "" {
		return problem.Invalid("note", "note-missing")
	}
	for {
		w, err := d.Editing(ctx, course)
		if err != nil {
			return err
		}
		err = d.add(ctx, len(w.Events), Editorial{Course: course, Kind: Commented, Hash: w.Draft.Hash, Lesson: lesson, Note: note, By: by})
		if !errors.Is(err, problem.ErrExists) { // a comment stands beside whatever else happened
			return err
		}
	}
}

// Return ends a review: the draft is to be changed, as the note says. Only another than who submitted it
// may. Pressed twice it is returned once.
func (d *Desk) Return(ctx context.Context, course, hash, note, by string) error {
	w, err := d.at(ctx, course, hash, InReview)
	e := Editorial{Course: course, Kind: Returned, Hash: hash, Note: note, By: by}
	if err != nil && w.repeats(e) {
		return nil
	}
	if err != nil {
		return err
	}
	if by == w.Submitter() {
		return problem.Denied("four-eyes")
	}
	if strings.TrimSpace(Clean(note)) == "" {
		return problem.Invalid("note", "return-reason")
	}
	return d.add(ctx, len(w.Events), e)
}

// Approve ends a review: the draft may be published as it is. Only another than who submitted it or wrote any of it
// may, see Authors, unless alone says that there is nobody else who could: then the event says so.
func (d *Desk) Approve(ctx context.Context, course, hash, note, by string, alone bool) error {
	w, err := d.at(ctx, course, hash, InReview)
	if err != nil {
		return err
	}
	authors, err := d.Authors(ctx, w)
	if err != nil {
		return err
	}
	own := slices.Contains(authors, by)
	if own && !alone {
		return problem.Denied("four-eyes")
	}
	return d.add(ctx, len(w.Events), Editorial{Course: course, Kind: Approved, Hash: hash, Note: note, Alone: own, By: by})
}

// Publish makes the approved draft the newest version of its course; notes say what is new, for who may move up to it.
// A draft with a mistake is not published: the mistakes are given back beside the problem. Published twice it is one
// version.
func (d *Desk) Publish(ctx context.Context, course, hash string, notes courses.Text, by string) (*courses.Version, mistake.Mistakes, error) {
	w, err := d.Editing(ctx, course)
	if err != nil {
		return nil, nil, err
	}
	if n := len(w.Events); n > 0 && w.Events[n-1].Kind == Published && w.Events[n-1].Hash == hash { // asked twice
		v, err := d.School.Version(ctx, courses.VersionID(course, w.Events[n-1].Version))
		return v, nil, err
	}
	if w, err = d.at(ctx, course, hash, Ready); err != nil {
		return nil, nil, err
	}
	l, err := d.load(ctx, w.Draft)
	if err != nil {
		return nil, nil, err
	}
	mistakes := l.mistakes
	if mistakes.Errors() {
		return nil, mistakes, problem.Invalid("", "draft-mistakes")
	}
	v := l.course.Version
	if v.Course != course {
		return nil, mistakes, problem.Invalid("", "draft-other-course", v.Course, course)
	}
	if err := d.notBehind(ctx, w, v.Hash); err != nil {
		return nil, mistakes, err
	}
	v.Notes = courses.Text{Vi: strings.TrimSpace(Clean(notes.Vi)), En: strings.TrimSpace(Clean(notes.En))}
	v.PublishedBy = by
	kept, _, err := d.School.Publish(ctx, v)
	if err != nil {
		return nil, mistakes, err
	}
	return kept, mistakes, d.add(ctx, len(w.Events), Editorial{Course: course, Kind: Published, Hash: hash, Version: kept.Number, Note: v.Notes.Vi, By: by})
}

// notBehind says whether the draft goes on from the newest version, or is that version: an earlier call may have
// stopped before its event.
func (d *Desk) notBehind(ctx context.Context, w Editing, hash string) error {
	if !w.Behind() {
		return nil
	}
	newest, err := d.School.Course(ctx, w.Draft.ID)
	if err == nil && newest.Hash != hash {
		err = &problem.Problem{Kind: problem.ErrExists, Code: "draft-behind", Args: []any{strconv.Itoa(newest.Number)}}
	}
	return err
}

// Retire ends the offer of a course to who has not begun it, see courses.School.Retire. Doing it again changes nothing.
func (d *Desk) Retire(ctx context.Context, course, note, by string) error {
	return d.offer(ctx, Editorial{Course: course, Kind: Retired, Note: note, By: by}, d.School.Retire)
}

// Offer offers a retired course again. Doing it again changes nothing.
func (d *Desk) Offer(ctx context.Context, course, note, by string) error {
	return d.offer(ctx, Editorial{Course: course, Kind: Restored, Note: note, By: by}, d.School.Restore)
}

func (d *Desk) offer(ctx context.Context, e Editorial, do func(context.Context, string) error) error {
	if _, err := d.School.Course(ctx, e.Course); err != nil {
		return err
	}
	events, err := d.Events(ctx, e.Course)
	if err != nil {
		return err
	}
	if offered(events) != e.Kind {
		if err := d.add(ctx, len(events), e); err != nil {
			return err
		}
	}
	return do(ctx, e.Course)
}

// offered is the kind of the last event that retired or restored a course; one that was never retired is offered.
func offered(events []Editorial) string {
	last := Restored
	for _, e := range events {
		if e.Kind == Retired || e.Kind == Restored {
			last = e.Kind
		}
	}
	return last
}

// Compare says what is different in version b of a course, given the numbers of two.
func (d *Desk) Compare(ctx context.Context, course string, a, b int) (authoring.Comparison, error) {
	old, err := d.School.Version(ctx, courses.VersionID(course, a))
	if err != nil {
		return authoring.Comparison{}, err
	}
	new, err := d.School.Version(ctx, courses.VersionID(course, b))
	if err != nil {
		return authoring.Comparison{}, err
	}
	return authoring.Compare(old, new)
}

func eventID(course string, n int) string { return fmt.Sprintf("%s/%06d", course, n) }
