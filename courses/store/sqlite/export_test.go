package sqlite

// CheckedAtOnce is checkedAtOnce, which a test makes small.
var CheckedAtOnce = &checkedAtOnce
