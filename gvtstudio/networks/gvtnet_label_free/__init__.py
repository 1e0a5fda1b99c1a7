"""GVTNet that predicts fluorescence from transmitted light."""
