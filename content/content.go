// Package content holds the words and data that people wrote: the programme's places and targets, the courses, the messages.
package content

import "embed"

// FS holds programme/, courses/ and messages/.
//
//go:embed programme courses messages
var FS embed.FS
