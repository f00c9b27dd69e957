// Command ferretdb is a server for tests that speaks MongoDB's protocol, with nothing kept: FerretDB over SQLite in a
// temporary folder. It prints its address on one line and runs until its standard input ends, so that it never outlives the
// test that started it. FerretDB v1 has no atomic updates and no transactions: it never holds users' data.
//
// It is slow with many writers: each waits for SQLite's lock by sleeping and trying again, in no order, and whatever is not asked for by id is found by reading the whole collection. With the 64 writers of
// lopban demo single operations take longer than the four seconds after which the program gives up; timeoutMS in the address gives it more.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "lopban-ferretdb-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/",
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	fmt.Println(server.MongoDBURI())
	io.Copy(io.Discard, os.Stdin)
	stop()
	return <-ended
}
