"""Small widgets that more than one page or the window itself is built from."""
