package roster

// ErasedName stands where a name was that was erased.
const ErasedName = "(đã xóa dữ liệu)"

// BlankPerson takes out of a Person who they are, and says whether there was anything. What stays is that somebody held
// a post there, from when: what the figures of past days are counted from.
func BlankPerson(doc any) bool {
	p := doc.(*Person)
	if p.Erased && p.Name == ErasedName && p.Phone == "" && p.Post == "" {
		return false
	}
	p.Erased, p.Name, p.Phone, p.Post = true, ErasedName, "", ""
	p.Fold, p.Sort = Fold(p.Name), SortKey(p.Name)
	return true
}

// BlankDetail takes out of a Detail what it says of a person. That it was said stays: who was whom when is counted by
// it.
func BlankDetail(doc any) bool {
	d := doc.(*Detail)
	some := d.Name != nil || d.Phone != nil || d.Post != nil || d.Reason != ""
	d.Name, d.Phone, d.Post, d.Reason = nil, nil, nil, ""
	return some
}
