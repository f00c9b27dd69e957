package mongodb

// LookAgain makes the store look before the next write whether a later release has opened the database, as after two
// seconds.
func (s *Store) LookAgain() { s.guard.Store(nil) }
