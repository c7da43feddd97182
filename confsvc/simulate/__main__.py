from confsvc.simulate.main import main

main()
