#!/usr/bin/env bash
# A newcomer copies the bot of docs/guides/bot.md and its test into a module of their own, by the commands of that page.
. "$(dirname "$0")/lib.sh"

try mkdir "$place/bot"
try cp docs/guides/bot.go docs/guides/bot_test.go "$place/bot"
cd "$place/bot"
try go mod init example.com/bot
try go mod edit -replace=github.com/go-open311/open311=../open311
try go mod tidy
try go test
