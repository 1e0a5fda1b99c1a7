"""AEANets: global operators that also attend to shared references."""
