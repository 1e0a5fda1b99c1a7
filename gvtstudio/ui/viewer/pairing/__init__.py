"""Two of the volumes on screen against each other: map, flicker, curtain."""
