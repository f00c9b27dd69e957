package duty

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/help"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Erase erases the data of somebody: what the law of records and the figures need stays, without a name but for the
// line of the register; the rest goes. See [Record]. It is for who answers for the province, and for somebody who holds
// no post and no role any more: a post needs its name on the roster. Erasing again changes nothing; one that was cut
// off is finished.
func (d *Desk) Erase(ctx context.Context, by roster.Account, id, petition string) (rights.Erasure, error) {
	s, err := d.Of(ctx, id)
	if err != nil {
		// of an account without a person nothing is left
		e, gone := store.Get[rights.Erasure](ctx, d.Store, rights.ErasureKind, id)
		if gone != nil || !roster.MayAnswerRights(by, e.Province) {
			return rights.Erasure{}, err
		}
		return d.carryOut(ctx, e)
	}
	if err := d.MayErase(ctx, by, s); err != nil {
		return rights.Erasure{}, err
	}
	if petition != "" { // that it is done is decided first: somebody may refuse it at this moment
		a, err := d.Rights.Reply(ctx, petition, rights.Done, "", by.ID)
		if err == nil {
			err = d.follow(ctx, a)
		}
		if err != nil {
			return rights.Erasure{}, err
		}
		return store.Get[rights.Erasure](ctx, d.Store, rights.ErasureKind, s.ID)
	}
	left, err := d.leftOn(ctx, s.IDs)
	if err != nil {
		return rights.Erasure{}, err
	}
	return d.carryOut(ctx, rights.Erasure{ID: s.ID, Entries: s.IDs[1:], Province: s.Province, Petition: petition, Left: left, By: by.ID})
}

// MayErase says why somebody's data cannot be erased by an account.
func (d *Desk) MayErase(ctx context.Context, by roster.Account, s Subject) error {
	switch {
	case !roster.MayAnswerRights(by, s.Province):
		return problem.Denied("denied")
	case s.Person != nil && s.Person.Active:
		return problem.Invalid("", "erase-post", s.Person.Name)
	}
	for _, id := range s.IDs {
		a, err := store.Get[roster.Account](ctx, d.Store, roster.AccountKind, id)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		if a.Keeper {
			return problem.Invalid("", "erase-role", a.Name)
		}
	}
	if s.Person != nil {
		_, _, open, err := d.Roll.OpenTransfer(ctx, s.ID)
		if err == nil && open {
			err = problem.Invalid("", "erase-transfer", s.Person.Name)
		}
		return err
	}
	return nil
}

// Finish goes on with erasures that were cut off.
func (d *Desk) Finish(ctx context.Context) error {
	all, err := d.Rights.Unfinished(ctx)
	for _, e := range all {
		_, failed := d.carryOut(ctx, e)
		err = errors.Join(err, failed)
	}
	return err
}

// carryOut erases step by step. Each may be repeated. What tells where else to look for somebody, the names on the
// roster, goes last.
func (d *Desk) carryOut(ctx context.Context, begun rights.Erasure) (rights.Erasure, error) {
	e, err := d.Rights.Begin(ctx, begun)
	if err != nil || e.Done {
		return e, err
	}
	if err := d.shut(ctx, e.IDs()); err != nil {
		return e, err
	}
	if err := d.endPost(ctx, e); err != nil {
		return e, err
	}
	k, err := d.knownBy(ctx, e.IDs())
	if err != nil {
		return e, err
	}
	if err := d.eraseTrail(ctx, e, k); err != nil {
		return e, err
	}
	if err := d.eraseFiles(ctx, k); err != nil {
		return e, err
	}
	if err := d.eraseContacts(ctx, k); err != nil {
		return e, err
	}
	if e, err = d.noteFiles(ctx, e); err != nil {
		return e, err
	}
	for _, id := range e.IDs() {
		if err := d.eraseTrainings(ctx, id); err != nil {
			return e, err
		}
		if err := d.eraseDocuments(ctx, id); err != nil {
			return e, err
		}
	}
	if err := programme.DropFiles(ctx, d.Programme, e.Files); err != nil {
		return e, err
	}
	d.Entries.Forget()
	if err := d.Board.RefreshStanding(ctx, e.IDs()...); err != nil {
		return e, err
	}
	if s, ok := d.Store.(store.Scrubber); ok {
		if err := s.Scrub(ctx); err != nil {
			return e, err
		}
	}
	told := programme.AuditEntry{ID: "erase-" + e.ID, By: e.By, Action: "person.erase", Subject: e.ID, Province: e.Province}
	if err := d.Tell(ctx, told); err != nil {
		return e, err
	}
	if err := d.answerErased(ctx, e); err != nil {
		return e, err
	}
	return d.Rights.End(ctx, e.ID)
}

// answerErased ends every request that waits, under whichever of their entries it was asked: that for the erasure is
// done, and to the others nothing is left that could be done. One that was answered otherwise meanwhile stays so.
func (d *Desk) answerErased(ctx context.Context, e rights.Erasure) error {
	for _, id := range e.IDs() {
		asked, err := d.Rights.Of(ctx, id)
		if err != nil {
			return err
		}
		for _, a := range asked {
			how, reason := rights.Done, ""
			if a.Ended() {
				continue
			}
			if a.What != rights.Erase {
				how, reason = rights.Refused, roster.ErasedName
			}
			if _, err := d.Rights.Reply(ctx, a.ID, how, reason, e.By); err != nil && !errors.Is(err, problem.ErrExists) {
				return err
			}
		}
	}
	return nil
}

// endPost ends the post that somebody has again in a store that came from a backup of before they left it.
func (d *Desk) endPost(ctx context.Context, e rights.Erasure) error {
	p, err := d.Roll.Kept(ctx, e.ID)
	if errors.Is(err, problem.ErrNotFound) || err == nil && (!p.Active || p.Erased) {
		return nil
	}
	if err != nil {
		return err
	}
	on := e.Left
	if on.IsZero() {
		on = roster.Day(e.At)
	}
	if on.Before(p.Since) {
		on = p.Since
	}
	_, err = d.Roll.Leave(ctx, p.ID, on, e.By)
	return err
}

// leftOn is the last day on which somebody's last post ended, zero for who never left one.
func (d *Desk) leftOn(ctx context.Context, ids []string) (on time.Time, err error) {
	for _, id := range ids {
		docs, err := store.About(ctx, d.Store, roster.PostingKind, id)
		if err != nil {
			return on, err
		}
		for _, doc := range docs {
			if p := doc.(*roster.Posting); p.Event == roster.Leaves && p.On.After(on) {
				on = p.On
			}
		}
	}
	return on, nil
}

// shut lets nobody in any more as somebody whose data are being erased, so that nothing new comes.
func (d *Desk) shut(ctx context.Context, ids []string) error {
	for _, id := range ids {
		_, err := store.Update(ctx, d.Store, roster.AccountKind, id, func(a *roster.Account) error {
			if !a.Disabled {
				a.Session++
			}
			a.Disabled, a.Hash = true, ""
			return nil
		})
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		d.Sessions.ForgetAccount(id)
	}
	return nil
}

// eraseTrail takes out of the audit trail what it says of somebody: entries about them, and those about others that
// name them. An entry about somebody else of the same name stays, and so does what they did with others.
func (d *Desk) eraseTrail(ctx context.Context, e rights.Erasure, k known) error {
	namesake := func(subject string) bool {
		p, err := d.Roll.Person(ctx, subject)
		return err == nil && slices.Contains(k.names, roster.Words(p.Name))
	}
	tell := programme.AuditEntry{By: e.By, Subject: e.ID, Province: e.Province}
	return programme.Blot(ctx, d.Store, d.Now(), tell, func(entry programme.AuditEntry) bool {
		if slices.Contains(k.ids, entry.Subject) {
			return true
		}
		text := entry.Note
		for _, c := range entry.Changes {
			text += "\n" + c.Old + "\n" + c.New
		}
		number, name := k.in(text)
		return number || name && !namesake(entry.Subject)
	})
}

// eraseFiles removes previews of spreadsheets in which somebody is, and their name from names of files. A preview can
// be made again from the file that its sender has.
func (d *Desk) eraseFiles(ctx context.Context, k known) error {
	uploads := map[string]programme.Upload{}
	err := store.Each(ctx, d.Store, programme.UploadKind, store.Query{}, func(u programme.Upload) error { uploads[u.ID] = u; return nil })
	if err != nil {
		return err
	}
	var sheets, lists []string
	err = store.Each(ctx, d.Store, programme.SheetKind, store.Query{}, func(s programme.Sheet) error {
		text, err := sheetText(&s)
		if k.inSheet(text, uploads[s.ID].Province) {
			sheets = append(sheets, s.ID)
		}
		return err
	})
	if err == nil {
		err = store.Each(ctx, d.Store, programme.TrainingListKind, store.Query{}, func(l programme.TrainingList) error {
			im, _, err := l.Rows()
			if err != nil {
				return err
			}
			text, err := json.Marshal(im)
			if k.inSheet(string(text), l.Province) {
				lists = append(lists, l.ID)
			}
			return err
		})
	}
	for _, gone := range []struct {
		kind *store.Kind
		ids  []string
	}{{programme.SheetKind, sheets}, {programme.TrainingListKind, lists}} {
		for _, id := range gone.ids {
			if err == nil {
				err = d.Store.Delete(ctx, gone.kind, id)
			}
			if errors.Is(err, problem.ErrNotFound) {
				err = nil
			}
		}
	}
	for _, id := range sheets {
		if err != nil {
			return err
		}
		_, err = store.Update(ctx, d.Store, programme.UploadKind, id, func(u *programme.Upload) error {
			if u.State == "ready" {
				u.State = "dropped"
			}
			return nil
		})
		if errors.Is(err, problem.ErrNotFound) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return d.eraseFileNames(ctx, k)
}

// inSheet says whether somebody is in a spreadsheet of a province: by number in any, by name in those where they
// worked.
func (k known) inSheet(text, province string) bool {
	number, name := k.in(text)
	return number || name && (province == "" || slices.Contains(k.provinces, province))
}

// sheetText is everything that a preview and its file say.
func sheetText(s *programme.Sheet) (string, error) {
	im, err := programme.Unpack(s.Packed)
	if err != nil {
		return "", err
	}
	book, err := s.OpenBook(im)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal([]any{im, book})
	return string(text), err
}

// Nameless is the name of a file that told of somebody who was erased.
const Nameless = "…"

// eraseFileNames takes somebody's name out of the names of imported files.
func (d *Desk) eraseFileNames(ctx context.Context, k known) error {
	var intakes, uploads []string
	err := store.Each(ctx, d.Store, roster.IntakeKind, store.Query{}, func(i roster.Intake) error {
		if k.anyIn(i.File) {
			intakes = append(intakes, i.ID)
		}
		return nil
	})
	if err == nil {
		err = store.Each(ctx, d.Store, programme.UploadKind, store.Query{}, func(u programme.Upload) error {
			if k.anyIn(u.File) {
				uploads = append(uploads, u.ID)
			}
			return nil
		})
	}
	for _, id := range intakes {
		if err == nil {
			err = store.Blank(ctx, d.Store, roster.IntakeKind, id, func(doc any) bool { doc.(*roster.Intake).File = Nameless; return true })
		}
	}
	for _, id := range uploads {
		if err == nil {
			err = store.Blank(ctx, d.Store, programme.UploadKind, id, func(doc any) bool { doc.(*programme.Upload).File = Nameless; return true })
		}
	}
	return err
}

// eraseContacts removes somebody from whom the learners of a province may ask: it then names its library. It is them by
// number, or by name where they worked.
func (d *Desk) eraseContacts(ctx context.Context, k known) error {
	all, err := store.All[help.Contact](ctx, d.Store, help.ContactKind, store.Query{})
	for _, c := range all {
		if err == nil && k.inSheet(c.Name+"\n"+c.Phone+"\n"+c.Hours, c.ID) {
			err = d.Help.RemoveContact(ctx, c.ID)
		}
	}
	return err
}

// noteFiles keeps which files are somebody's before what names them is gone.
func (d *Desk) noteFiles(ctx context.Context, e rights.Erasure) (rights.Erasure, error) {
	var names []string
	for _, id := range e.IDs() {
		ahead, err := d.aheadOf(ctx, id)
		if err != nil {
			return e, err
		}
		names = append(names, ahead...)
		for _, kind := range []*store.Kind{school.SubmissionKind, school.TrainingKind} {
			docs, err := store.About(ctx, d.Store, kind, id)
			if err != nil {
				return e, err
			}
			for _, doc := range docs {
				switch doc := doc.(type) {
				case *courses.Submission:
					names = append(names, doc.Photos...)
				case *courses.Training:
					for _, f := range doc.Evidence {
						names = append(names, f.Name)
					}
				}
			}
		}
	}
	if len(names) == 0 {
		return e, nil
	}
	return d.Rights.Note(ctx, e.ID, names)
}

// eraseTrainings removes trainings done elsewhere that nobody has accepted: they are no line of a register.
func (d *Desk) eraseTrainings(ctx context.Context, id string) error {
	docs, err := store.About(ctx, d.Store, school.TrainingKind, id)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		t := doc.(*courses.Training)
		r, err := store.Get[courses.Ruling](ctx, d.Store, school.RulingKind, t.ID)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		if r.Accepted {
			continue
		}
		for _, k := range []*store.Kind{school.TrainingKind, school.RulingKind} {
			if err := d.Store.Delete(ctx, k, t.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// last are the kinds that go at the end: as long as they are there, an erasure that was cut off finds everything again.
var last = []*store.Kind{roster.DetailKind, roster.LoginKind, roster.PersonKind, roster.AccountKind}

// eraseDocuments does with every document about somebody what the record says.
func (d *Desk) eraseDocuments(ctx context.Context, id string) error {
	var kinds []*store.Kind
	for _, k := range programme.Kinds() {
		if k.OfPeople() && !slices.Contains(last, k) {
			kinds = append(kinds, k)
		}
	}
	for _, k := range append(kinds, last...) {
		erase := Processed(k).Blank
		if erase == nil {
			if err := d.removeAll(ctx, k, id); err != nil {
				return err
			}
			continue
		}
		docs, err := store.About(ctx, d.Store, k, id)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			key, err := k.ID(doc)
			if err != nil {
				return err
			}
			if !erase(doc) { // most name nobody
				continue
			}
			if err := store.Blank(ctx, d.Store, k, key, erase); err != nil {
				return err
			}
		}
	}
	return nil
}
