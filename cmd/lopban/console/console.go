// Package console is what every command shares: the terminal, where the data is, opening it, backup and restore.
package console

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"

	"lopban/content"
	"lopban/courses/store"
	"lopban/courses/words"
)

// Place is where the data is. It is part of every command that opens the store.
type Place struct {
	Data    string `default:"./data" placeholder:"DIR" help:"Folder of the embedded store."`
	Mongodb string `placeholder:"URI" help:"MongoDB to use in place of the embedded store; also MONGODB_URI."`
}

// Terminal is what a command talks to.
type Terminal struct {
	Out, Err io.Writer
	Ready    func(addr string) // for tests: called once the program answers
}

// ErrFailed ends a command that has already said what is wrong.
var ErrFailed = errors.New("failed")

// Misnamed is the error of a file that was named and is none.
type Misnamed string

func (m Misnamed) Error() string { return string(m) }

// ReadFile reads a file that somebody named. What is wrong with the name is Misnamed.
func ReadFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	switch info, is := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, Misnamed(path + ": there is no such file; check its name and its folder")
	case is == nil && info.IsDir():
		return nil, Misnamed(path + " is a folder: name the file in it")
	case err != nil:
		return nil, err
	case len(data) == 0:
		return nil, fmt.Errorf("%s is empty: nothing was read from it; save it again where it was made", path)
	}
	return data, nil
}

// English is the language of the terminal.
var English = func() words.Words {
	all, err := words.Read(content.FS)
	if err != nil {
		panic(err) // they are embedded, and a test reads them
	}
	return all.In("en")
}()

// Version is the release, and the revision and the Go that it was built with where the build knows them.
func Version() string {
	v := store.Release
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v + " " + info.GoVersion
}
