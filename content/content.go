// Package content holds the words and data that people wrote: the programme's places and targets, the courses, the
// messages.
package content

import (
	"embed"
	"io/fs"
)

//go:embed programme courses messages
var files embed.FS

// FS holds programme/, courses/ and messages/: those that are compiled in, unless a developer reads them from a folder.
var FS fs.FS = files

// Passwords are words that passwords are often made of, separated by spaces and lines.
//
//go:embed programme/passwords.txt
var Passwords string
