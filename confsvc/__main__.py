from confsvc.cli import main

main()
