package roster

import (
	"context"

	"lopban/courses/problem"
)

// Strike says that an entry was made by mistake: it is nobody of the roster, on no day. The reason is kept and can be
// read. Who has learnt something is never struck out: the caller knows, see programme. Doing it again changes nothing.
func (r *Roll) Strike(ctx context.Context, id, reason, by string) (Person, error) {
	p, err := r.Person(ctx, id)
	if err != nil || p.Gone == Struck {
		return p, err
	}
	if p.Erased {
		return p, problem.Invalid("", "person.erased")
	}
	if reason = Clean(reason); reason == "" {
		return p, problem.Invalid("reason", "reason-missing")
	}
	if len([]rune(reason)) > TextLetters {
		return p, problem.Invalid("reason", "text.long", TextLetters)
	}
	if p.Gone != "" || p.Also != "" {
		return p, problem.Invalid("", "person.joined", p.Name)
	}
	if err := r.Begun(ctx, p); err != nil {
		return p, err
	}
	d := r.event(p, Strikes, by)
	d.Reason = reason
	return r.happened(ctx, d)
}

// Restore undoes Strike.
func (r *Roll) Restore(ctx context.Context, id, by string) (Person, error) {
	p, err := r.Person(ctx, id)
	if err != nil || p.Gone != Struck {
		return p, err
	}
	if p.Erased {
		return p, problem.Invalid("", "person.erased")
	}
	if err := r.phoneFree(ctx, p.Phone, id); err != nil {
		return p, err
	}
	return r.happened(ctx, r.event(p, Restores, by))
}

func (r *Roll) event(p Person, event DetailEvent, by string) Detail {
	return Detail{ID: p.ID + "/" + r.moment(), Person: p.ID, Event: event, On: Day(r.Now()), By: by, RecordedAt: r.after(p)}
}

func (r *Roll) happened(ctx context.Context, d Detail) (Person, error) {
	if err := r.insertDetail(ctx, d); err != nil {
		return Person{}, err
	}
	return r.Refresh(ctx, d.Person)
}

// Merge says that two entries are one person: gone is nobody any more, and everything recorded of it is kept's from now
// on. Where the person works follows from the postings of both; what they are called is what the details say, checked
// as by Correct. It can be undone, see Part.
func (r *Roll) Merge(ctx context.Context, gone, kept string, d Details, by string) (Person, error) {
	from, err := r.Person(ctx, gone)
	if err != nil {
		return Person{}, err
	}
	if d, err = checkedDetails(d); err != nil {
		return Person{}, err
	}
	if from.Into == kept {
		return r.Refresh(ctx, kept)
	}
	if from, err = r.somebody(ctx, gone); err != nil {
		return Person{}, err
	}
	to, err := r.somebody(ctx, kept)
	if err != nil {
		return Person{}, err
	}
	if gone == kept {
		return Person{}, problem.Invalid("other", "merge.same", to.Name)
	}
	for _, p := range []Person{from, to} {
		if err := r.Begun(ctx, p); err != nil {
			return Person{}, err
		}
	}
	join := r.event(from, Joins, by)
	join.Other = kept
	if said, some := r.NewDetail(to, d, r.moment(), join.ID, by); some {
		if err := r.insertDetail(ctx, said); err != nil {
			return Person{}, err
		}
	}
	if _, err := r.happened(ctx, join); err != nil {
		return Person{}, err
	}
	return r.Refresh(ctx, kept)
}

// Part undoes Merge: both entries are as they were, and what was recorded since stays with the one that was kept. It
// may be repeated.
func (r *Roll) Part(ctx context.Context, gone, by string) (from, kept Person, err error) {
	if from, err = r.Person(ctx, gone); err != nil {
		return from, kept, err
	}
	details, err := r.Details(ctx, gone)
	if err != nil {
		return from, kept, err
	}
	i, parted := -1, false // the last time that it was joined, and whether it was parted since
	for n, d := range details {
		switch d.Event {
		case Joins:
			i, parted = n, false
		case Parts:
			parted = true
		}
	}
	if i < 0 || from.Gone == Struck {
		return from, kept, problem.Invalid("", "merge.none", from.Name)
	}
	if parted { // it is brought to its end
		if from, err = r.Refresh(ctx, gone); err == nil {
			kept, err = r.Refresh(ctx, details[i].Other)
		}
		return from, kept, err
	}
	into, err := r.Person(ctx, details[i].Other)
	if err != nil {
		return from, kept, err
	}
	undo := r.event(into, Undoes, by)
	undo.Import = details[i].ID
	if err := r.insertDetail(ctx, undo); err != nil {
		return from, kept, err
	}
	if from, err = r.happened(ctx, r.event(from, Parts, by)); err != nil {
		return from, kept, err
	}
	kept, err = r.Refresh(ctx, into.ID)
	return from, kept, err
}
