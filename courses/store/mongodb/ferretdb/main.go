// Command ferretdb is a server for tests that speaks MongoDB's protocol: FerretDB over SQLite, with nothing kept, in a
// temporary folder, where nothing waits for the disk. Given an address and a folder it listens there and keeps its data
// in the folder, so that a test can kill it and start it again: SQLite writes with journal_mode=WAL and
// synchronous=FULL, its default. It prints its address and its process id on one line and runs until its standard input
// ends, so that it never outlives the test that started it. FerretDB v1 has no atomic updates and no transactions: it
// never holds users' data.
//
// It is slow with many writers: each waits for SQLite's lock by sleeping and trying again, in no order, and whatever is
// not asked for by id is found by reading the whole collection. With the 64 writers of lopban demo single operations
// take longer than the time after which the program gives up; timeoutMS in the address gives it more.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	var err error
	switch len(os.Args) {
	case 1:
		err = passing()
	case 3:
		err = run(os.Args[1], os.Args[2], "")
	default:
		err = errors.New("usage: ferretdb [ADDRESS FOLDER]")
	}
	if err != nil {
		log.Fatal(err)
	}
}

// passing runs with a folder that goes with it.
func passing() (err error) {
	dir, err := os.MkdirTemp("", "lopban-ferretdb-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return run("127.0.0.1:0", dir, "?_pragma=synchronous(off)")
}

func run(addr, dir, pragmas string) error {
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: addr},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/" + pragmas,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	fmt.Println(server.MongoDBURI(), os.Getpid())
	io.Copy(io.Discard, os.Stdin)
	stop()
	return <-ended
}
