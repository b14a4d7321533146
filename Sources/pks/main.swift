import Glibc
import PksCommand

exit(PksCommand.run(Array(CommandLine.arguments.dropFirst())))
